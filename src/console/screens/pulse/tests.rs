//! Facts about Pulse, pressed as keys and read from the screen.

use crate::{
    console::{
        effect::{Effect, Write},
        place::{Object, ScreenId},
        testing::Bench,
    },
    domain::{change::Fact, health::Status},
    testing::estate,
};

fn goes(path: &str, status: Status, bench: &Bench) -> Fact {
    let path = estate::path(path);
    let was = bench.state.replica.estate.services[&path].health.clone();
    let health = crate::domain::health::Health { status, since: bench.at, ..was.clone() };
    Fact::HealthChanged { path, was: was.status, health }
}

#[test]
fn the_most_urgent_comes_first_and_enter_opens_it() {
    let mut bench = Bench::small();
    assert!(bench.picture().contains("DOWN     payment-db"));
    bench.keys("<enter>");
    assert_eq!(bench.state.screen, ScreenId::Hierarchy);
    let object = Object::Service(estate::path("acme/shop/prod/eu-1/payment-db"));
    assert_eq!(bench.state.selected(), Some(object));
    bench.keys("[");
    assert_eq!(bench.state.screen, ScreenId::Pulse);
}

#[test]
fn taking_sends_the_version_that_was_seen() {
    let mut bench = Bench::small();
    bench.take_effects();
    bench.keys("a");
    let writes: Vec<_> = bench.take_effects().into_iter().filter(|e| matches!(e, Effect::Write { .. })).collect();
    assert!(matches!(&writes[..], [Effect::Write { what: Write::Take { number: 1041, seen: 1 }, .. }]));
    assert!(bench.state.replica.estate.tickets[&1041].assignee.is_some(), "shown ahead of the answer");
}

#[test]
fn a_read_only_session_writes_nothing() {
    let mut bench = Bench::small().read_only();
    bench.take_effects();
    bench.keys("a N m c A P");
    assert!(!bench.take_effects().iter().any(|e| matches!(e, Effect::Write { .. })));
    assert!(bench.picture().contains("READ-ONLY"));
}

#[test]
fn a_snoozed_problem_is_counted_and_comes_back() {
    let mut bench = Bench::small();
    let before = bench.state.pulse.problems.len();
    bench.keys("z");
    assert_eq!(bench.state.pulse.problems.len(), before - 1);
    bench.keys("j");
    assert!(bench.picture().contains("1 snoozed"));
    bench.minutes(61);
    assert!(bench.state.pulse.problems.len() >= before);
}

#[test]
fn the_cursor_stays_on_its_problem_when_a_worse_one_comes() {
    let mut bench = Bench::small();
    bench.keys("j j");
    let before = bench.state.selected();
    let fact = goes("acme/shop/prod/eu-1/checkout", Status::Down, &bench);
    bench.becomes(fact);
    assert_eq!(bench.state.selected(), before);
}

#[test]
fn who_has_not_moved_sees_the_worst_at_once() {
    let mut bench = Bench::small();
    let fact = goes("acme/shop/prod/eu-1/checkout", Status::Down, &bench);
    bench.becomes(fact);
    bench.picture();
    assert_eq!(bench.state.pulse.problems.index(), 0);
    assert_eq!(bench.state.pulse.problems.offset(), 0);
}

#[test]
fn a_quiet_estate_says_so_and_a_stale_one_does_not() {
    let mut bench = Bench::small().with(|snapshot| {
        snapshot.estate.services.retain(|path, s| {
            s.health.status == Status::Operational && s.backup.is_none() && s.storage.is_none() && !path.is_unknown()
        });
        snapshot.estate.tickets.clear();
        snapshot.estate.budgets.clear();
    });
    assert!(bench.picture().contains("Nothing needs a person."));
    bench.at = bench.at.plus(40_000);
    bench.tell(crate::console::msg::Msg::Tick);
    let picture = bench.picture();
    assert!(picture.contains("offline, last sign 40s ago"), "{picture}");
    assert!(!picture.contains("Nothing needs a person."), "{picture}");
}

#[test]
fn the_filter_is_the_one_of_the_command_line() {
    let mut bench = Bench::small();
    bench.keys("/ team:payments <enter>");
    let objects: Vec<_> = bench.state.pulse.problems.rows().iter().map(|p| p.object.to_string()).collect();
    assert!(!objects.is_empty());
    assert!(objects.iter().all(|o| o.contains("payment")), "{objects:?}");
}
