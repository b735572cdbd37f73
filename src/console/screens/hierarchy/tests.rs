//! Facts about Hierarchy, pressed as keys and read from the screen.

use crate::{
    client::error::{ApiError, Kind},
    console::{
        effect::Fetch,
        list::Row as _,
        msg::Reply,
        place::{Object, ScreenId},
        testing::Bench,
    },
    domain::{detail::ServiceDetail, health::Status, sla::timeline::Timeline, time::HOUR},
    testing::estate::{self, AT},
};

const DB: &str = "acme/shop/prod/eu-1/payment-db";

fn past(path: &str) -> Reply {
    let points = vec![(AT.plus(-20 * HOUR), Status::Operational), (AT.plus(-HOUR), Status::Down)];
    Reply::Service(Box::new(ServiceDetail {
        path: estate::path(path),
        timeline: Timeline::from_points(points),
        budget: estate::budget(999_900, 60, 1000, crate::domain::sla::BudgetState::Breached),
        incidents: Vec::new(),
    }))
}

#[test]
fn the_past_of_what_is_looked_at_is_fetched_and_shown() {
    let mut bench = Bench::wide();
    bench.keys("<enter>");
    assert!(bench.picture().contains("reading …"));
    let (_, what) = bench.asked().unwrap();
    assert_eq!(*what, Fetch::Service(estate::path(DB)));
    bench.answer(past(DB));
    let picture = bench.picture();
    assert!(picture.contains("down 1h, known 83.3 %"), "{picture}");
}

#[test]
fn late_reply_is_dropped() {
    let mut bench = Bench::wide();
    bench.keys("<enter>");
    let (first, _) = bench.asked().unwrap();
    bench.keys("k");
    bench.tell(crate::console::msg::Msg::Reply { request: first, result: Ok(past(DB)) });
    assert!(!bench.picture().contains("down 1h"), "the past of another service is never shown");
}

#[test]
fn a_failure_is_shown_as_one_and_not_as_an_empty_past() {
    let mut bench = Bench::wide();
    bench.keys("<enter>");
    bench.answer_with(Err(ApiError::new(Kind::TimedOut, "no answer after 30s")));
    assert!(bench.picture().contains("cannot be read: no answer after 30s"));
}

#[test]
fn folding_hides_what_is_below_and_the_cursor_follows_its_object() {
    let mut bench = Bench::small();
    bench.keys("2 g l");
    let before = bench.state.hierarchy.rows.len();
    bench.keys("h");
    assert!(bench.state.hierarchy.rows.len() < before);
    bench.keys("o");
    assert_eq!(bench.state.hierarchy.rows.len(), before);
}

#[test]
fn problems_only_keeps_places_with_problems_and_says_so() {
    let mut bench = Bench::small();
    bench.keys("2 p");
    let picture = bench.picture();
    assert!(picture.contains("problems only"));
    let services = bench.state.hierarchy.rows.rows().iter().filter(|r| matches!(r, super::TreeRow::Service { .. }));
    assert_eq!(services.count(), 9);
}

#[test]
fn opening_an_object_that_the_filter_hides_takes_the_filter_away() {
    let mut bench = Bench::small();
    bench.keys("2 /galera <enter> 1 <enter>");
    assert_eq!(bench.state.selected(), Some(Object::Service(estate::path(DB))));
    assert!(bench.state.filter().is_empty());
}

#[test]
fn jumps_lead_to_ticket_budget_and_declaration_and_back() {
    let mut bench = Bench::small();
    bench.keys("<enter> t");
    assert_eq!(bench.state.screen, ScreenId::Tickets);
    bench.keys("[ b");
    assert_eq!(bench.state.screen, ScreenId::Budgets);
    bench.keys("[ d");
    assert_eq!(bench.state.screen, ScreenId::GitOps);
    bench.keys("[");
    assert_eq!(bench.state.selected(), Some(Object::Service(estate::path(DB))));
}

#[test]
fn the_next_problem_is_found_under_folded_nodes() {
    let mut bench = Bench::small();
    bench.keys("2 C g n");
    let Some(Object::Service(path)) = bench.state.selected() else { panic!("{:?}", bench.state.selected()) };
    assert!(bench.state.replica.estate.services[&path].health.status.is_problem());
}

#[test]
fn moving_the_cursor_rebuilds_nothing() {
    let mut bench = Bench::small();
    bench.keys("2");
    let (derived, made_of) = (bench.state.replica.derived, bench.state.hierarchy.made_of);
    bench.keys("j j j <pagedown> k G g");
    assert_eq!((bench.state.replica.derived, bench.state.hierarchy.made_of), (derived, made_of));
}

#[test]
fn storages_and_backups_are_tables_with_the_worst_first_and_the_way_back_keeps_the_service() {
    let mut bench = Bench::small();
    bench.keys("7");
    let first = bench.state.hierarchy.rows.rows()[0].id();
    let picture = bench.picture();
    assert!(picture.contains("Storage") && picture.contains("critical"), "{picture}");
    assert_eq!(bench.state.selected(), Some(first.clone()), "the cursor stands on the worst");
    bench.keys("8");
    assert!(bench.picture().contains("overdue"), "{}", bench.picture());
    bench.keys("7 g <esc>");
    assert!(bench.picture().contains("acme"), "the tree again");
    assert_eq!(bench.state.selected(), Some(first), "on the same service");
    bench.keys("8 2");
    assert_eq!(bench.state.hierarchy.lens, super::Lens::Tree);
}

#[test]
fn a_symptom_says_what_it_comes_from_and_who_suffers_is_found_through_others() {
    let mut bench = Bench::wide();
    let api = estate::path("acme/shop/prod/eu-1/payment-api");
    bench.keys("<enter>");
    let picture = bench.picture();
    assert!(picture.contains("needed by"), "{picture}");
    let object = Object::Service(api);
    super::update::open(&mut bench.state, &object);
    let picture = bench.picture();
    assert!(picture.contains("because   payment-db is DOWN"), "{picture}");
}

#[test]
fn incidents_stand_under_the_strip_with_their_count_and_their_cause() {
    let mut bench = Bench::wide();
    bench.keys("<enter>");
    let Reply::Service(mut detail) = past(DB) else { unreachable!() };
    detail.incidents = vec![crate::domain::detail::Incident {
        path: estate::path(DB),
        from: AT.plus(-HOUR),
        to: None,
        worst: Status::Down,
        message: "disk full".to_owned(),
        outbreaks: 3,
        cause: Some(estate::path("acme/shop/prod/eu-1/redis")),
    }];
    bench.answer(Reply::Service(detail));
    let picture = bench.picture();
    assert!(picture.contains("DOWN for 1h so far, 3 times"), "{picture}");
    assert!(picture.contains("from redis: disk full"), "{picture}");
}
