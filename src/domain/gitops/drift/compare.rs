//! How a declaration is held against what was heard.

use std::collections::{BTreeMap, BTreeSet};

use super::{Drift, Heard, IsDeclared, RetiredReport, Running};
use crate::domain::{
    gitops::{FieldChange, Shown, state::words},
    health::{Criticality, Origin, Service},
    hierarchy::ServicePath,
};

/// Every service on both axes, those that need somebody first; clean ones last.
///
/// The repository's description wins over an agent's and an agent's over a push's, so what a reporter says otherwise
/// changes nothing by itself: it is drift.
pub fn drift<'s>(
    services: impl IntoIterator<Item = &'s Service>,
    heard: &BTreeMap<ServicePath, Heard>,
    retired: &[RetiredReport],
) -> Vec<Drift> {
    let living = services.into_iter().map(|service| {
        let drift = of_service(service, heard.get(&service.path));
        (rank(&drift), service.criticality, drift)
    });
    let gone = retired.iter().map(|report| {
        let drift = Drift {
            path: report.path.clone(),
            declared: IsDeclared::Retired,
            running: Running::AsDeclared,
            reporter: Some(report.reporter.clone()),
            last_seen: Some(report.at),
            place: report.place.clone(),
        };
        (rank(&drift), Criticality::default(), drift)
    });
    let mut all: Vec<(u8, Criticality, Drift)> = living.chain(gone).collect();
    all.sort_by(|(a, x, one), (b, y, two)| a.cmp(b).then(y.cmp(x)).then_with(|| one.path.cmp(&two.path)));
    all.into_iter().map(|(_, _, drift)| drift).collect()
}

/// What is declared and not there comes first, then what is there against the declaration, then what nobody hears of.
const fn rank(drift: &Drift) -> u8 {
    match (drift.declared, &drift.running) {
        (IsDeclared::Declared, Running::Missing) => 0,
        (IsDeclared::Retired, _) => 1,
        (_, Running::Differs(_)) => 2,
        (IsDeclared::Declared, Running::Silent) => 3,
        (IsDeclared::Declared, Running::NeverReported) => 4,
        (IsDeclared::Undeclared, Running::Missing) => 5,
        (IsDeclared::Undeclared, Running::Silent | Running::NeverReported) => 6,
        (IsDeclared::Undeclared, Running::AsDeclared) => 7,
        (IsDeclared::Declared, Running::AsDeclared) => 8,
    }
}

fn of_service(service: &Service, heard: Option<&Heard>) -> Drift {
    let declared = if service.origin == Origin::Git { IsDeclared::Declared } else { IsDeclared::Undeclared };
    let health = &service.health;
    let last_seen = health.last_seen.max(heard.map(|heard| heard.at));
    let running = if last_seen.is_none() {
        Running::NeverReported
    } else if health.silence.is_some() {
        // What was said before the silence says nothing of now.
        Running::Silent
    } else if heard.is_some_and(|heard| heard.workload_found == Some(false)) {
        Running::Missing
    } else {
        let of_git = heard.filter(|_| declared == IsDeclared::Declared);
        let differs = of_git.map(|heard| differences(service, heard)).unwrap_or_default();
        if differs.is_empty() { Running::AsDeclared } else { Running::Differs(differs) }
    };
    let named = Some(health.reporter.as_str()).filter(|name| !name.is_empty() && last_seen.is_some());
    Drift {
        path: service.path.clone(),
        declared,
        running,
        reporter: named.or_else(|| heard.map(|heard| heard.reporter.as_str())).map(str::to_owned),
        last_seen,
        place: service.declared_at.clone(),
    }
}

/// Field by field, of what the reporter spoke of only.
fn differences(service: &Service, heard: &Heard) -> Vec<FieldChange> {
    let mut out = Vec::new();
    let mut compare = |field: &str, old: Option<&str>, new: Option<&str>| {
        let same = |old: &str, new: &str| old.eq_ignore_ascii_case(new);
        if new.is_some_and(|new| !old.is_some_and(|old| same(old, new))) {
            let shown = |text: Option<&str>| text.map(Shown::from);
            out.push(FieldChange { field: field.into(), old: shown(old), new: shown(new) });
        }
    };
    compare("displayName", Some(&service.display_name), heard.display_name.as_deref());
    // A service that nobody calls anything has the word `service`, which contradicts nothing.
    let kind = heard.kind.as_deref().filter(|_| service.kind != "service");
    compare("type", Some(&service.kind), kind);
    compare("criticality", Some(service.criticality.word()), heard.criticality.map(Criticality::word));
    compare("slaGroup", service.sla_group.as_deref(), heard.sla_group.as_deref());
    out.extend(tags(service, heard));
    out
}

/// Tags of one side only: old are declared and not reported, new are reported and not declared.
fn tags(service: &Service, heard: &Heard) -> Option<FieldChange> {
    if heard.tags.is_empty() {
        return None;
    }
    // The core adds this one itself when storage is reported.
    let own = |tag: &&str| *tag != "storage";
    let declared: BTreeSet<&str> = service.tags.iter().map(String::as_str).filter(own).collect();
    let reported: BTreeSet<&str> = heard.tags.iter().map(String::as_str).filter(own).collect();
    let only = |one: &BTreeSet<&str>, other: &BTreeSet<&str>| {
        let line = words::joined(one.difference(other).copied());
        (!line.is_empty()).then(|| Shown::from(line.as_str()))
    };
    let (old, new) = (only(&declared, &reported), only(&reported, &declared));
    (old.is_some() || new.is_some()).then(|| FieldChange { field: "tags".into(), old, new })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        health::{Silence, Status, report::HealthReport},
        samples,
        time::Timestamp,
    };

    const PATH: &str = "acme/shop/prod/eu-1/db";
    const NODE: &str = "acme/shop/prod/eu-1";

    fn declared() -> Service {
        let mut service = samples::service(PATH, Status::Operational);
        service.origin = Origin::Git;
        service.kind = "database".to_owned();
        service.criticality = Criticality::High;
        service.sla_group = Some("payments".to_owned());
        service.tags = vec!["postgres".to_owned(), "tier-0".to_owned()];
        service.health.last_seen = Some(Timestamp::from_ms(50));
        service
    }

    fn agent_says(change: impl FnOnce(&mut HealthReport)) -> Heard {
        let mut report = HealthReport { replicas: Some((3, 3)), ..samples::report(PATH, Status::Operational, "") };
        change(&mut report);
        Heard::of(&report, NODE, Timestamp::from_ms(60))
    }

    fn of(service: &Service, heard: Option<Heard>) -> Drift {
        let heard = heard.into_iter().map(|heard| (heard.path.clone(), heard)).collect();
        let mut all = drift([service], &heard, &[]);
        assert_eq!(all.len(), 1);
        all.remove(0)
    }

    fn differences_of(service: &Service, heard: Heard) -> Vec<(String, String, String)> {
        let Running::Differs(fields) = of(service, Some(heard)).running else {
            return Vec::new();
        };
        let text = |shown: Option<Shown>| shown.map_or_else(|| "-".to_owned(), |shown| shown.text().to_owned());
        fields.into_iter().map(|f| (f.field.to_string(), text(f.old), text(f.new))).collect()
    }

    #[test]
    fn a_report_that_says_nothing_else_agrees() {
        let found = of(&declared(), Some(agent_says(|_| {})));
        assert!(found.is_clean());
        assert_eq!(found.last_seen, Some(Timestamp::from_ms(60)));
    }

    #[test]
    fn what_a_reporter_says_otherwise_is_a_difference_field_by_field() {
        let heard = agent_says(|report| {
            report.kind = Some("cache".to_owned());
            report.criticality = Some(Criticality::Low);
            report.sla_group = Some("core".to_owned());
            report.tags = vec!["postgres".to_owned(), "legacy".to_owned(), "storage".to_owned()];
        });
        let said = |field: &str, old: &str, new: &str| (field.to_owned(), old.to_owned(), new.to_owned());
        assert_eq!(
            differences_of(&declared(), heard),
            [
                said("type", "database", "cache"),
                said("criticality", "high", "low"),
                said("slaGroup", "payments", "core"),
                said("tags", "tier-0", "legacy"),
            ]
        );
    }

    #[test]
    fn letter_case_and_a_kind_that_nobody_gave_are_no_difference() {
        let heard = || agent_says(|report| report.kind = Some("Database".to_owned()));
        assert_eq!(differences_of(&declared(), heard()), []);
        let unnamed = Service { kind: "service".to_owned(), ..declared() };
        assert_eq!(differences_of(&unnamed, heard()), []);
    }

    #[test]
    fn a_group_that_only_the_reporter_knows_is_a_difference() {
        let alone = Service { sla_group: None, ..declared() };
        let heard = agent_says(|report| report.sla_group = Some("core".to_owned()));
        assert_eq!(differences_of(&alone, heard), [("slaGroup".to_owned(), "-".to_owned(), "core".to_owned())]);
    }

    #[test]
    fn an_agent_without_replicas_and_status_did_not_find_the_workload() {
        let lost = |report: &mut HealthReport| {
            report.status = Status::Unknown;
            report.replicas = None;
        };
        assert_eq!(of(&declared(), Some(agent_says(lost))).running, Running::Missing);
        let probed = agent_says(|report| report.replicas = None);
        assert_eq!(of(&declared(), Some(probed)).running, Running::AsDeclared);
        let mut pushed = agent_says(lost);
        pushed.workload_found = None;
        assert_eq!(of(&declared(), Some(pushed)).running, Running::AsDeclared);
    }

    #[test]
    fn a_push_knows_nothing_of_workloads() {
        let report = samples::report(PATH, Status::Unknown, "");
        assert_eq!(Heard::of(&report, "backup-key", Timestamp::from_ms(1)).workload_found, None);
    }

    #[test]
    fn silence_is_said_before_what_was_heard_last() {
        let mut service = declared();
        service.health.silence = Some(Silence { from: Timestamp::from_ms(70), last_known: Status::Operational });
        let heard = agent_says(|report| report.criticality = Some(Criticality::Low));
        assert_eq!(of(&service, Some(heard)).running, Running::Silent);
    }

    #[test]
    fn a_declared_service_of_which_no_report_came_never_reported() {
        let mut service = declared();
        service.health.last_seen = None;
        let found = of(&service, None);
        assert_eq!(
            (found.declared, found.running, found.reporter),
            (IsDeclared::Declared, Running::NeverReported, None)
        );
    }

    #[test]
    fn who_is_not_declared_disagrees_with_nothing() {
        let pushed = Service { origin: Origin::Push, declared_at: None, ..declared() };
        let found = of(&pushed, Some(agent_says(|report| report.criticality = Some(Criticality::Low))));
        assert_eq!((found.declared, found.running.clone()), (IsDeclared::Undeclared, Running::AsDeclared));
        assert!(!found.is_clean());
    }

    #[test]
    fn the_worst_comes_first_and_the_clean_last() {
        let at = |name: &str, service: Service| Service {
            path: ServicePath::parse(&format!("{NODE}/{name}")).unwrap(),
            ..service
        };
        let mut silent = at("b-silent", declared());
        silent.health.silence = Some(Silence { from: Timestamp::from_ms(70), last_known: Status::Operational });
        let mut critical = at("c-silent", silent.clone());
        critical.criticality = Criticality::Critical;
        let services = [
            at("a-clean", declared()),
            silent,
            critical,
            at("d-missing", declared()),
            at("e-pushed", Service { origin: Origin::Push, ..declared() }),
        ];
        let mut missing = agent_says(|_| {});
        missing.path = services[3].path.clone();
        missing.workload_found = Some(false);
        let heard = BTreeMap::from([(missing.path.clone(), missing)]);
        let retired = RetiredReport {
            path: ServicePath::parse(&format!("{NODE}/f-retired")).unwrap(),
            reporter: NODE.to_owned(),
            at: Timestamp::from_ms(9),
            place: None,
        };
        let names: Vec<String> =
            drift(&services, &heard, &[retired]).iter().map(|d| d.path.service().to_owned()).collect();
        assert_eq!(names, ["d-missing", "f-retired", "c-silent", "b-silent", "e-pushed", "a-clean"]);
    }
}
