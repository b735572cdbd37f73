//! Clocks that run out are told once, in history and stream, and never make anybody's version old.

use itops::domain::{
    change::{Actor, Fact},
    detail::NewTicket,
    refusal::RefusalCode,
    tickets::{ClockKind, EntryKind, Priority, TicketStatus},
    time::{HOUR, MINUTE, Timestamp},
};
use itops::server::service::Core;

use super::stage::*;

fn breaches(history: &[itops::domain::tickets::Entry]) -> Vec<(ClockKind, Timestamp)> {
    let told = history.iter().filter_map(|e| match e.kind {
        EntryKind::Breached { clock, since } => Some((clock, since)),
        _ => None,
    });
    told.collect()
}

async fn critical(core: &Core) -> u64 {
    let new = NewTicket { priority: Some(Priority::Critical), ..wanted("db is slow") };
    core.create_ticket(&oncall(), new, "new").await.unwrap().number
}

async fn history(core: &Core, number: u64) -> Vec<itops::domain::tickets::Entry> {
    core.ticket_detail(number).await.unwrap().history
}

#[tokio::test]
async fn a_broken_promise_is_a_change_told_once_for_each_clock_also_over_a_restart() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    let number = critical(&core).await;
    stage.world.advance(5 * MINUTE);
    core.tell_breaches().await.unwrap();
    assert!(breaches(&history(&core, number).await).is_empty(), "the last moment is in time");
    stage.world.advance(1);
    core.tell_breaches().await.unwrap();
    core.tell_breaches().await.unwrap();
    let told = history(&core, number).await;
    assert_eq!(breaches(&told), [(ClockKind::Response, T0.plus(5 * MINUTE))]);
    let entry = told.last().unwrap();
    assert_eq!((&entry.actor, entry.version), (&Actor::System, 1));
    let in_stream = |fact: &Fact| {
        matches!(fact, Fact::TicketChanged { ticket, entry }
            if matches!(entry.kind, EntryKind::Breached { .. }) && ticket.clocks.response.breached_since.is_some())
    };
    assert_eq!(count(&core, in_stream).await, 1, "those who follow are told too");

    let core = stage.reopen(core).await;
    stage.world.advance(3 * HOUR);
    core.tell_breaches().await.unwrap();
    assert_eq!(breaches(&history(&core, number).await).len(), 2, "the resolution too, and neither again");
    let position = core.position();
    core.tell_breaches().await.unwrap();
    assert_eq!(core.position(), position, "nothing to tell writes nothing");
}

#[tokio::test]
async fn a_version_seen_before_a_breach_is_still_good_and_a_late_act_does_not_hide_it() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let number = critical(&core).await;
    let taken = core.take_ticket(&oncall(), number, 1, "t").await.unwrap();
    stage.world.advance(6 * MINUTE);
    // No job ran: the move itself finds that the response came too late.
    core.move_ticket(&oncall(), number, TicketStatus::InProgress, taken.version, String::new(), "m").await.unwrap();
    let told = history(&core, number).await;
    let kinds: Vec<bool> = told.iter().map(|e| matches!(e.kind, EntryKind::Breached { .. })).collect();
    assert_eq!(kinds, [false, false, true, false], "told before the move that stopped the clock: {told:?}");
    stage.world.advance(24 * HOUR);
    core.tell_breaches().await.unwrap();
    assert_eq!(breaches(&history(&core, number).await).len(), 2);
}

#[tokio::test]
async fn a_resolved_ticket_breaks_no_promise_and_a_reopened_one_goes_on_where_it_was() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let on_db = NewTicket {
        item: Some("service_down".to_owned()),
        service: Some(db()),
        priority: Some(Priority::Critical),
        ..wanted("x")
    };
    let dba = user("dba-oncall", itops::domain::access::Level::Operator);
    let number = core.create_ticket(&dba, on_db, "new").await.unwrap().number;
    core.take_ticket(&dba, number, 1, "t").await.unwrap();
    core.move_ticket(&dba, number, TicketStatus::InProgress, 2, String::new(), "a").await.unwrap();
    stage.world.advance(HOUR);
    core.move_ticket(&dba, number, TicketStatus::Resolved, 3, String::new(), "b").await.unwrap();
    stage.world.advance(20 * HOUR);
    core.tell_breaches().await.unwrap();
    assert!(breaches(&history(&core, number).await).is_empty());
    core.move_ticket(&dba, number, TicketStatus::InProgress, 4, String::new(), "c").await.unwrap();
    stage.world.advance(HOUR + 1);
    core.tell_breaches().await.unwrap();
    assert_eq!(breaches(&history(&core, number).await), [(ClockKind::Resolution, T0.plus(22 * HOUR))]);
    // A longer promise takes it back; what the item promised for the response stays.
    let calm = core.prioritise_ticket(&dba, number, Priority::Low, 5, "p").await.unwrap();
    assert_eq!((calm.clocks.resolution.breached_since, calm.clocks.response.allowed_ms), (None, 7 * MINUTE));
}

#[tokio::test]
async fn a_ticket_of_a_quiet_workflow_stays_resolved_for_ever() {
    let stage = Stage::new();
    let mut quiet = repository();
    let workflow = quiet.registry.workflows.get_mut("acme/incident_response").unwrap();
    let mut without = (**workflow).clone();
    without.transitions.retain(|arrow| arrow.to != TicketStatus::Closed);
    *workflow = without.into();
    let core = stage.open(Some(quiet)).await;
    let new = NewTicket { item: Some("service_down".to_owned()), service: Some(db()), ..wanted("x") };
    let dba = user("dba-oncall", itops::domain::access::Level::Operator);
    let number = core.create_ticket(&dba, new, "new").await.unwrap().number;
    core.take_ticket(&dba, number, 1, "t").await.unwrap();
    core.move_ticket(&dba, number, TicketStatus::InProgress, 2, String::new(), "a").await.unwrap();
    core.move_ticket(&dba, number, TicketStatus::Resolved, 3, String::new(), "b").await.unwrap();
    stage.world.advance(400 * HOUR);
    core.close_resolved_tickets().await.unwrap();
    assert_eq!(tickets(&core).await[0].status, TicketStatus::Resolved);
    let refused = core.move_ticket(&dba, number, TicketStatus::Closed, 4, String::new(), "c").await.unwrap_err();
    assert_eq!(refusal(refused).code, RefusalCode::ForbiddenTransition);
}
