//! What a reading is no proof of: that something was taken away, or meant otherwise.

use std::{collections::BTreeSet, sync::Arc};

use itops::domain::gitops::{Fault, FaultCode};

use super::*;

fn fault(code: FaultCode, file: &str, line: u32) -> Fault {
    let place = Place { file: file.into(), line, column: 1, end_line: line };
    Fault { place, severity: code.severity(), code, message: String::new(), hint: String::new() }
}

fn states(before: &Registry, after: &Registry) -> (State, State) {
    let state = |registry: &Registry| State::declared(registry, DeclaredOrigin::Git);
    (state(before), state(after))
}

/// The step of a service of the shop after `change`, with these faults.
fn step_of(name: &str, faults: &[Fault], change: impl FnOnce(&mut Registry)) -> Step {
    let mut after = shop();
    change(&mut after);
    let (before, after) = states(&shop(), &after);
    let plan = Plan::between(&before, &after, faults, &live());
    let step = step(&plan, DeclaredKind::Service, path(name).as_str());
    let next = before.apply(&plan, &after);
    let key = (step.kind, step.name.clone());
    if step.held.is_some() {
        assert_eq!(next.things.get(&key), before.things.get(&key), "what is held stays as it was");
    } else {
        assert_eq!(next.things.get(&key), after.things.get(&key));
    }
    step
}

fn removed(registry: &mut Registry) {
    registry.services.remove(&path("db"));
}

#[test]
fn what_lay_in_a_folder_that_cannot_be_listed_stays() {
    for (file, is_held) in
        [("services", true), (".", true), ("services/db.yaml", true), ("service", false), ("x", false)]
    {
        let step = step_of("db", &[fault(FaultCode::Unreadable, file, 1)], removed);
        assert_eq!(step.held, is_held.then(|| Held::BrokenFile(file.into())), "{file}");
    }
}

#[test]
fn what_a_file_declared_that_nobody_understands_any_more_stays() {
    let mut after = shop();
    removed(&mut after);
    let (before, mut after) = states(&shop(), &after);
    let held = |after: &State| {
        let plan = Plan::between(&before, after, &[], &live());
        step(&plan, DeclaredKind::Service, path("db").as_str()).held
    };
    assert_eq!(held(&after), None);
    after.unread = BTreeSet::from([Arc::from("services/db.yaml"), Arc::from("README.md")]);
    assert_eq!(held(&after), Some(Held::BrokenFile("services/db.yaml".into())));
}

#[test]
fn an_error_in_a_things_own_lines_holds_its_update_and_one_beside_it_does_not() {
    let change = |registry: &mut Registry| {
        Arc::make_mut(registry.services.get_mut(&path("db")).unwrap()).criticality = Some(Criticality::Low);
    };
    let with = |code, file: &str, line| step_of("db", &[fault(code, file, line)], change).held;
    assert_eq!(with(FaultCode::BadField, "services/db.yaml", 9), Some(Held::BrokenFile("services/db.yaml".into())));
    assert_eq!(with(FaultCode::BadField, "services/db.yaml", 10), None, "another thing of the file");
    assert_eq!(with(FaultCode::BadField, "services/web.yaml", 9), None);
    assert_eq!(with(FaultCode::DuplicateName, "services/db.yaml", 9), None, "declared twice is still declared");
    assert_eq!(with(FaultCode::UnknownKey, "services/db.yaml", 9), None, "a warning holds nothing");
}

#[test]
fn an_interval_stays_while_the_file_that_gave_it_may_be_broken() {
    let mut before = shop();
    Arc::make_mut(before.services.get_mut(&path("db")).unwrap()).every_ms = Some((60_000, true));
    let (before, after) = states(&before, &shop());
    let held = |faults: &[Fault]| {
        let plan = Plan::between(&before, &after, faults, &live());
        step(&plan, DeclaredKind::Service, path("db").as_str()).held
    };
    assert_eq!(held(&[]), None);
    let broken = fault(FaultCode::MalformedYaml, "monitoring/push.yaml", 3);
    assert_eq!(held(&[broken]), Some(Held::BrokenFile("monitoring/push.yaml".into())));
}

#[test]
fn a_group_loses_no_node_while_values_do_not_parse() {
    let nodes = |names: &[&str]| -> Vec<NodePath> { names.iter().map(|n| NodePath::parse(n).unwrap()).collect() };
    let with = |names: &[&str]| {
        let mut registry = shop();
        registry.sla_groups.get_mut("payments").unwrap().nodes = nodes(names);
        registry
    };
    let both = with(&[NODE, "acme/shop/prod/eu-2"]);
    let held = |after: &Registry, faults: &[Fault]| {
        let (before, after) = states(&both, after);
        step(&Plan::between(&before, &after, faults, &live()), DeclaredKind::SlaGroup, "payments").held
    };
    let broken = [fault(FaultCode::MalformedYaml, "platform/agent-eu-2.yaml", 3)];
    assert_eq!(held(&with(&[NODE]), &[]), None);
    assert_eq!(held(&with(&[NODE]), &broken), Some(Held::BrokenFile("platform/agent-eu-2.yaml".into())));
    assert!(held(&with(&[]), &broken).is_some(), "no nodes would mean everybody");
    let more = with(&[NODE, "acme/shop/prod/eu-2", "acme/shop/prod/eu-3"]);
    assert_eq!(held(&more, &broken), None, "a node that joins is no loss");
}
