//! Properties of the rules over made-up worlds: what must hold whatever comes.

use std::{collections::BTreeMap, sync::Arc};

use itops::domain::{
    access::{Level, User},
    change::{Actor, Change, Fact, Seq},
    estate::Estate,
    health::{
        Criticality, Dependency, Health, Needs, Service, Services, Status, Storage, incident::troubles, rollup::roll_up,
    },
    hierarchy::{NodePath, ServicePath, tree},
    samples,
    search::Query,
    sla::{
        Aggregation, Exclusions, Measured, Member, Period, Promise, Tally, Target, Timeline,
        budget::{burn_down, measure},
    },
    text::{clean_line, clean_text},
    tickets::{
        Entry, EntryKind, Group, Ticket, TicketStatus, act,
        transition::{Directory, offers},
    },
    time::{DAY, SECOND, Timestamp},
};
use proptest::{collection::vec, option, prelude::*, sample::select};

fn status() -> impl Strategy<Value = Status> {
    select(Status::ALL.to_vec())
}

/// Seconds from the epoch within which made-up lines live.
const HORIZON_S: i64 = 400;

const fn at(seconds: i64) -> Timestamp {
    Timestamp::from_ms(seconds * SECOND)
}

type Points = Vec<(i64, Status)>;

/// Change points at whole seconds, so that a look at every second sees everything.
fn points() -> impl Strategy<Value = Points> {
    vec((0..HORIZON_S, status()), 0..12)
}

fn line(points: &Points) -> Timeline {
    Timeline::from_points(points.iter().map(|(second, status)| (at(*second), *status)).collect())
}

/// What was reported last at or before a second; of two at once the later in the list.
fn seen(points: &Points, second: i64) -> Option<Status> {
    let reported = points.iter().enumerate().filter(|(_, (when, _))| *when <= second);
    reported.max_by_key(|(index, (when, _))| (*when, *index)).map(|(_, (_, status))| *status)
}

/// Windows and times of belonging, in seconds.
fn windows() -> impl Strategy<Value = Vec<(i64, i64)>> {
    vec((0..HORIZON_S, 1..60i64), 0..4)
        .prop_map(|all| all.into_iter().map(|(from, long)| (from, from + long)).collect())
}

fn exclusions(windows: &[(i64, i64)]) -> Exclusions {
    Exclusions::of(windows.iter().map(|(from, to)| (at(*from), Some(at(*to)))))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_tally_is_what_a_look_at_every_second_sees(points in points(), from in -20..HORIZON_S, long in 0..500i64) {
        let to = from + long;
        let mut slow = Tally::default();
        for second in from..to {
            slow.add(seen(&points, second).unwrap_or(Status::Unknown), SECOND);
        }
        let line = line(&points);
        prop_assert_eq!(line.tally(at(from), at(to)), slow);
        prop_assert_eq!(slow.total_ms(), long * SECOND);
        for second in from..to {
            prop_assert_eq!(line.status_at(at(second)), seen(&points, second));
        }
    }

    #[test]
    fn trimming_changes_nothing_after_the_cut(points in points(), cut in 0..HORIZON_S) {
        let whole = line(&points);
        let mut trimmed = whole.clone();
        trimmed.trim(at(cut));
        prop_assert_eq!(trimmed.tally(at(cut), at(500)), whole.tally(at(cut), at(500)));
        prop_assert!(trimmed.points().len() <= whole.points().len());
    }

    #[test]
    fn figures_of_any_record_hold_together(
        members in vec(points(), 0..5),
        windows in windows(),
        millionths in 1..1_000_000u32,
        period in select(vec![Period::Rolling(7), Period::Rolling(30), Period::Month, Period::Quarter, Period::Year]),
        strict in any::<bool>(),
        later in 0..40 * DAY,
    ) {
        let lines: Vec<Timeline> = members.iter().map(line).collect();
        let group: Vec<Member<'_>> = lines.iter().map(Member::always).collect();
        let windows = exclusions(&windows);
        let target = Target::from_millionths(millionths).unwrap();
        let promise = Promise { exclusions: &windows, maintenance_is_down: strict, ..Promise::new(target, period) };
        let now = at(HORIZON_S).plus(later);
        for aggregation in [Aggregation::Worst, Aggregation::Mean] {
            let measured = Measured::group(aggregation, &group, &promise);
            let budget = measure(&measured, &promise, now);
            prop_assert!(budget.down_ms >= 0 && budget.down_ms <= budget.span_ms);
            prop_assert!(budget.allowed_ms >= 0);
            prop_assert!(budget.coverage_millionths <= 1_000_000);
            prop_assert!(budget.worst_case_millionths <= budget.uptime_millionths || budget.uptime_millionths.is_none());
            let most = 1_000_000_000 / i64::from(target.allowed_millionths());
            prop_assert!(budget.burns.iter().all(|b| b.thousandths.is_none_or(|t| (0..=most).contains(&t))));
            prop_assert!(budget.alerts.iter().all(|a| a.reachable || !a.firing));
            let chart = burn_down(&measured, &promise, &budget, 12);
            if let (Some(first), Some(last)) = (chart.first(), chart.last()) {
                prop_assert_eq!((first.1, last.1), (budget.allowed_ms, budget.remaining_ms()));
            }
        }
    }
}

fn service() -> impl Strategy<Value = Service> {
    let name = ("[ab]", "[xy]", "(prod|dev)", "[mn]", "[a-f]");
    (name, status(), select(Criticality::ALL.to_vec()), 0..4i64).prop_map(
        |((o, p, e, c, s), status, criticality, since)| {
            let mut service = samples::service(&format!("{o}/{p}/{e}/{c}/{s}"), status);
            service.criticality = criticality;
            service.health.since = Timestamp::from_ms(since);
            service
        },
    )
}

/// Services of different paths in two orders.
fn estate_in_two_orders() -> impl Strategy<Value = (Vec<Service>, Vec<Service>)> {
    vec(service(), 0..40).prop_flat_map(|all| {
        let distinct: Services = all.into_iter().collect();
        let sorted: Vec<Service> = distinct.into_values().collect();
        (Just(sorted.clone()), Just(sorted).prop_shuffle())
    })
}

fn fact() -> impl Strategy<Value = Fact> {
    let ticket = (1..4u64, select(TicketStatus::ALL.to_vec())).prop_map(|(number, status)| {
        let mut ticket = samples::ticket(samples::workflow(&[]));
        (ticket.number, ticket.status) = (number, status);
        let entry = Entry {
            index: 1,
            at: Timestamp::default(),
            actor: Actor::System,
            acted_as: String::new(),
            version: ticket.version,
            kind: EntryKind::Opened,
            allowed_by: None,
            revision: None,
            grant: None,
        };
        Fact::TicketChanged { ticket: Box::new(ticket), entry: Box::new(entry) }
    });
    let health = (service(), 0..9i64).prop_map(|(service, since)| Fact::HealthChanged {
        path: service.path,
        was: Status::Unknown,
        health: Health { since: Timestamp::from_ms(since), ..service.health },
    });
    let storage = (service(), 0..9u64).prop_map(|(service, used_bytes)| Fact::StorageChanged {
        path: service.path,
        storage: Storage {
            allocated_bytes: 9,
            used_bytes,
            storage_type: String::new(),
            mount_path: String::new(),
            at: Timestamp::default(),
        },
    });
    prop_oneof![
        3 => service().prop_map(|service| Fact::ServiceDeclared(Arc::new(service))),
        1 => service().prop_map(|service| Fact::ServiceRetired(service.path)),
        4 => health,
        1 => storage,
        1 => ticket,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn incidents_hold_every_second_of_trouble_once_and_end_only_where_it_worked(points in points(), flap in 0..40i64) {
        let line = line(&points);
        let found = troubles(&line, at(0), at(HORIZON_S), flap * SECOND);
        let is_bad = |status: Option<Status>| matches!(status, Some(Status::Down | Status::Degraded));
        let works = |status: Option<Status>| matches!(status, Some(Status::Operational | Status::Maintenance));
        for second in 0..HORIZON_S {
            let holds = found.iter().filter(|t| t.from <= at(second) && t.to.is_none_or(|to| at(second) < to));
            let count = holds.count();
            prop_assert!(count <= 1, "second {second} is in {count}");
            prop_assert!(count == 1 || !is_bad(line.status_at(at(second))), "second {second} is in none");
        }
        for trouble in &found {
            prop_assert!(is_bad(line.status_at(trouble.from)));
            prop_assert!(trouble.to.is_none_or(|to| works(line.status_at(to))));
        }
        for pair in found.windows(2) {
            let (newer, older) = (pair[0], pair[1]);
            let worked = line.intervals(older.to.unwrap(), newer.from).filter(|(_, _, s)| works(Some(*s)));
            prop_assert!(worked.map(|(a, b, _)| b.since(a)).sum::<i64>() >= flap * SECOND);
        }
    }

    #[test]
    fn every_cause_is_down_stands_for_itself_and_is_reached_over_what_cannot_be_done_without(
        services in estate_in_two_orders(),
        wires in vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<bool>()), 0..60),
    ) {
        let mut services = services.0;
        let wires = if services.is_empty() { Vec::new() } else { wires };
        for (from, to, critical) in wires {
            let path = services[to.index(services.len())].path.clone();
            let at = from.index(services.len());
            services[at].requires.push(Dependency { path, critical });
        }
        let services: Services = services.into_iter().collect();
        let needs = Needs::of(&services);
        let causes = needs.causes(&services);
        let status = |path: &ServicePath| services.get(path).map_or(Status::Unknown, |s| s.health.status);
        for (symptom, cause) in &causes {
            prop_assert_eq!(status(cause), Status::Down);
            prop_assert!(!causes.contains_key(cause), "{} explains and is explained", cause);
            prop_assert!(needs.needs_of(symptom).iter().any(|r| r.path == *cause && r.critical));
        }
        for service in services.values().filter(|s| matches!(s.health.status, Status::Down | Status::Degraded)) {
            let hit = service.requires.iter().any(|d| {
                let said = service.requires.iter().find(|first| first.path == d.path);
                said.is_some_and(|d| d.critical) && d.path != service.path && status(&d.path) == Status::Down
            });
            // Of those in a circle one is named; whoever else needs what is down has a cause.
            let is_cause = causes.values().any(|cause| *cause == service.path);
            prop_assert_eq!(hit && !is_cause, causes.contains_key(&service.path), "{}", service.path);
        }
    }

    #[test]
    fn roll_up_does_not_depend_on_order((sorted, shuffled) in estate_in_two_orders()) {
        prop_assert_eq!(roll_up(&sorted), roll_up(&shuffled));
        let nodes = tree::nodes(&shuffled);
        prop_assert_eq!(&nodes, &tree::nodes(&sorted));
        for (node, rolled) in nodes {
            prop_assert_eq!(rolled, roll_up(sorted.iter().filter(|s| s.path.is_under(&node))));
        }
    }

    #[test]
    fn a_replica_reaches_the_same_state_under_duplicates(
        facts in vec(fact(), 0..40),
        repeats in vec((any::<prop::sample::Index>(), 1..4usize), 0..6),
    ) {
        let changes: Vec<Change> = (1..)
            .zip(facts)
            .map(|(seq, fact)| Change { seq: Seq(seq), at: Timestamp::default(), actor: Actor::System, fact })
            .collect();
        let mut once = Estate::default();
        changes.iter().for_each(|change| once.apply(change));
        // A link that breaks delivers again from some earlier place on; each change may also come twice in a row.
        let mut again = Estate::default();
        for change in &changes {
            again.apply(change);
            again.apply(change);
        }
        for (from, times) in repeats.iter().filter(|_| !changes.is_empty()) {
            for _ in 0..*times {
                changes[from.index(changes.len())..].iter().for_each(|change| again.apply(change));
            }
        }
        prop_assert_eq!(again, once);
    }

    #[test]
    fn a_repaired_path_is_whole_and_repairing_it_again_does_nothing(
        text in prop_oneof![".*", "[a-z/. \u{1b}é]{0,40}", "(/?[a-z]{0,130}){0,8}"],
        service in option::of(".*"),
    ) {
        for made in [ServicePath::repair(&text), ServicePath::repair_parts(Some(&text), service.as_deref())] {
            prop_assert_eq!(ServicePath::parse(made.path.as_str()), Ok(made.path.clone()));
            let again = ServicePath::repair(made.path.as_str());
            prop_assert_eq!(&again.path, &made.path);
            prop_assert!(again.warnings.is_empty(), "{:?}", again.warnings);
            let node = made.path.node();
            prop_assert_eq!(NodePath::parse(node.as_str()), Ok(node.clone()));
            let parts = ServicePath::repair_parts(Some(node.as_str()), Some(made.path.service()));
            prop_assert_eq!((parts.path, parts.warnings.len()), (made.path, 0));
        }
    }

    #[test]
    fn cleaned_text_holds_no_control_and_cleaning_it_again_does_nothing(
        text in prop_oneof![".*", vec(any::<char>(), 0..60).prop_map(|chars| chars.into_iter().collect::<String>()),
            "[\u{0}-\u{a0}\u{200b}-\u{2070}\u{feff}]{0,40}"],
    ) {
        let line = clean_line(&text);
        prop_assert!(!line.chars().any(char::is_control), "{:?}", line);
        prop_assert_eq!(clean_line(&line), line.as_ref());
        let lines = clean_text(&text);
        prop_assert!(!lines.chars().any(|c| c.is_control() && c != '\n'), "{:?}", lines);
        prop_assert_eq!(clean_text(&lines), lines.as_ref());
    }

    #[test]
    fn a_filter_is_read_or_refused_within_its_text(text in prop_oneof![".*", "([-!~]?(status|is|team|node|tagg?):?[=,\"a-z]{0,6} ?){0,5}"]) {
        match Query::parse(&text) {
            Ok(query) => {
                let service = samples::service("a/b/prod/d/e", Status::Down);
                prop_assert!(!query.is_empty() || (query.matches_service(&service) && query.matches_text("")));
            }
            Err(error) => prop_assert!(text.is_char_boundary(error.at) && error.at <= text.len(), "{error}"),
        }
    }

    #[test]
    fn a_plain_word_finds_what_a_lowered_search_would(text in "[a-cA-C ]{0,12}", word in "[a-cA-C]{1,3}") {
        let found = Query::parse(&word).unwrap().matches_text(&text);
        prop_assert_eq!(found, text.to_lowercase().contains(&word.to_lowercase()));
    }
}

const NAMES: [&str; 4] = ["oncall", "requester", "dba-oncall", "admin"];

fn user() -> impl Strategy<Value = User> {
    let level = select(vec![Level::User, Level::Operator, Level::Admin]);
    (select(NAMES.to_vec()), level, any::<bool>(), prop::bool::weighted(0.2))
        .prop_map(|(name, level, superadmin, read_only)| User { superadmin, read_only, ..samples::user(name, level) })
}

fn ticket() -> impl Strategy<Value = Ticket> {
    let any_status = || select(TicketStatus::ALL.to_vec());
    let role = select(vec!["assignee", "requester", "any", "dba", "itops-operators", "acme/shop/dba", "nobody"]);
    let person = || option::of(select(NAMES.to_vec()));
    let group = option::of(select(vec!["dba", "itops-users", "nobody"]));
    (vec((any_status(), any_status(), role), 0..8), any_status(), person(), person(), group, any::<bool>()).prop_map(
        |(arrows, status, requester, assignee, group, about_a_service)| {
            let mut ticket = samples::ticket(samples::workflow(&arrows));
            ticket.status = status;
            ticket.requester =
                requester.map_or(Actor::System, |name| samples::actor(&samples::user(name, Level::User)));
            ticket.assignee = assignee.map(|name| (samples::user(name, Level::User).id, name.to_owned()));
            ticket.assignee_group = group.map(str::to_owned);
            if !about_a_service {
                ticket.service = None;
            }
            ticket
        },
    )
}

fn groups() -> impl Strategy<Value = BTreeMap<String, Group>> {
    let group =
        (select(vec!["acme/dba", "acme/shop/dba", "acme/shop/prod/eu-1/db/dba"]), vec(select(NAMES.to_vec()), 0..3));
    vec(group, 0..4).prop_map(|listed| {
        let listed: Vec<(&str, &[&str])> = listed.iter().map(|(name, users)| (*name, users.as_slice())).collect();
        samples::groups(&listed)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_offered_is_what_is_accepted(ticket in ticket(), groups in groups(), user in user()) {
        let directory = Directory { org: "acme", groups: &groups };
        let offers = offers(&ticket, directory, &user);
        for to in TicketStatus::ALL {
            let offered = offers.iter().any(|offer| offer.to == to && offer.is_allowed());
            let done = act::move_to(&ticket, to, ticket.version, "", directory, &user, Timestamp::from_ms(1));
            prop_assert_eq!(offered, done.is_ok(), "{:?} {:?}", to, done);
            if let Ok(done) = done {
                prop_assert_eq!((done.ticket.status, done.ticket.version), (to, ticket.version + 1));
                prop_assert!(!done.acted_as.is_empty());
            }
        }
    }

    #[test]
    fn nobody_writes_read_only_and_nothing_leaves_closed(ticket in ticket(), groups in groups(), user in user()) {
        let directory = Directory { org: "acme", groups: &groups };
        let reader = User { read_only: true, ..user.clone() };
        prop_assert!(offers(&ticket, directory, &reader).iter().all(|offer| !offer.is_allowed()));
        let closed = Ticket { status: TicketStatus::Closed, ..ticket };
        prop_assert!(offers(&closed, directory, &user).is_empty());
    }
}

/// The files of the example repository.
fn example() -> Vec<(String, Vec<u8>)> {
    let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/example"));
    let mut folders = vec![root.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                let path = entry.path().strip_prefix(root).unwrap().display().to_string();
                files.push((path, std::fs::read(entry.path()).unwrap()));
            }
        }
    }
    files.sort();
    files
}

/// One thing done to a file: what, where (in thousandths of it) and how much.
type Harm = (usize, usize, usize);

const SNIPPETS: &[&str] = &[
    "\n---\n",
    "&a ",
    "*a",
    "<<: *a\n",
    "|\n",
    ">-\n",
    "\t",
    "\"",
    "'",
    "[",
    "]",
    "{",
    "}",
    ": ",
    "- ",
    "#",
    "\0",
    "\r",
    "\u{feff}",
    "\u{85}",
    "{{ x }}",
    "? ",
    "!!binary ",
    "%YAML 9.9\n",
    "secretEnv: {A: bcdefgh1}\n",
    "\u{202e}",
    "ä",
];

fn harmed(bytes: &mut Vec<u8>, (what, place, size): Harm) {
    let at = bytes.len() * place / 1_000;
    let end = (at + size).min(bytes.len());
    match what {
        0 => bytes.truncate(at),
        1 => drop(bytes.drain(at..end)),
        2 => {
            let again = bytes[at..end].repeat(3);
            bytes.splice(at..at, again);
        }
        3 => bytes[at..end].reverse(),
        4 => bytes[at..end].iter_mut().for_each(|b| *b ^= 0x81),
        what => drop(bytes.splice(at..at, SNIPPETS[what % SNIPPETS.len()].bytes())),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_harm_to_a_file_stops_the_reader_or_makes_more_of_it_than_it_holds(
        which in 0..1_000_usize,
        harms in vec((0..48_usize, 0..1_000_usize, 1..60_usize), 1..6),
    ) {
        let mut files = example();
        let count = files.len();
        let (path, bytes) = &mut files[which * count / 1_000];
        harms.into_iter().for_each(|harm| harmed(bytes, harm));
        let (path, harmed) = (path.clone(), String::from_utf8_lossy(bytes).into_owned());
        let files: Vec<(&str, &[u8])> = files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect();
        let repository = itops::gitops::read_files(&files, &itops::gitops::ReadOptions::default()).unwrap();
        prop_assert_eq!(repository.files.len(), count);
        let lines = harmed.replace("\r\n", "\n").replace('\r', "\n").lines().count();
        if let Some(source) = repository.sources.get(path.as_str()) {
            prop_assert_eq!(source.lines.len(), lines);
        }
        // Aliases repeat things, but not without bound.
        let of_it = repository.declared.iter().filter(|d| *d.place.file == *path).count();
        prop_assert!(of_it <= 1_000 + 10 * harmed.len());
        for fault in repository.faults.iter().filter(|f| *f.place.file == *path) {
            prop_assert!(fault.place.line >= 1 && fault.place.line as usize <= lines + 1, "{:?}", fault);
        }
        let report = itops::gitops::render(&repository.faults, &repository.sources, false);
        prop_assert!(!report.contains(|c: char| c.is_control() && c != '\n'));
    }
}
