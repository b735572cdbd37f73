use itops::domain::{
    change::Actor,
    detail::NewTicket,
    health::{Status, report::HealthReport},
    refusal::RefusalCode,
    tickets::{EntryKind, Priority, Ticket, TicketStatus},
    time::{HOUR, MINUTE},
};
use std::sync::Arc;

use itops::server::service::Core;

use super::stage::*;

fn dba() -> itops::domain::access::User {
    user("dba-oncall", itops::domain::access::Level::Operator)
}

async fn on_db(core: &Core) -> Ticket {
    let new = NewTicket {
        item: Some("service_down".to_owned()),
        title: "db is slow".to_owned(),
        service: Some(db()),
        ..NewTicket::default()
    };
    core.create_ticket(&requester(), new, "new").await.unwrap()
}

async fn last_words(core: &Core, number: u64) -> String {
    match core.ticket_detail(number).await.unwrap().history.pop().unwrap().kind {
        EntryKind::Commented { text } => text,
        EntryKind::Moved { comment, .. } => comment,
        other => format!("{other:?}"),
    }
}

#[tokio::test]
async fn an_item_gives_its_workflow_group_and_clocks_by_the_cascade() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let ticket = on_db(&core).await;
    assert_eq!(ticket.workflow.name.as_str(), "acme/incident_response");
    assert_eq!(ticket.assignee_group.as_deref(), Some("dba"));
    assert_eq!(ticket.clocks.response.allowed_ms, 7 * MINUTE);
    assert_eq!(ticket.item.as_deref(), Some("acme/service_down"));
    let history = core.ticket_detail(ticket.number).await.unwrap().history;
    assert_eq!(history[0].kind, EntryKind::Opened);
    assert_eq!(history[0].revision.as_deref(), Some("c0ffee"));

    let outside = NewTicket { item: Some("shop/dev/dev_only".to_owned()), service: Some(db()), ..wanted("x") };
    let refused = core.create_ticket(&requester(), outside, "k").await.unwrap_err();
    assert_eq!(refusal(refused).code, RefusalCode::NotFound, "a scoped item exists only in its scope");
}

#[tokio::test]
async fn a_workflow_is_frozen_in_the_ticket() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let ticket = on_db(&core).await;
    let mut changed = repository();
    changed.registry.workflows.clear();
    core.accept_repository(changed).await.unwrap();
    let taken = core.take_ticket(&dba(), ticket.number, 1, "take").await.unwrap();
    let moved =
        core.move_ticket(&dba(), 1, TicketStatus::InProgress, taken.version, String::new(), "go").await.unwrap();
    assert_eq!(moved.workflow, ticket.workflow);
}

#[tokio::test]
async fn the_same_write_twice_is_done_once_and_a_key_with_another_body_is_refused() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    let first = core.create_ticket(&oncall(), wanted("one"), "k").await.unwrap();
    assert_eq!(core.create_ticket(&oncall(), wanted("one"), "k").await.unwrap(), first);
    let reused = core.create_ticket(&oncall(), wanted("two"), "k").await.unwrap_err();
    assert_eq!(refusal(reused).code, RefusalCode::KeyReused);
    core.comment_ticket(&oncall(), 1, "hello".to_owned(), "c").await.unwrap();

    let again = stage.reopen(core).await;
    assert_eq!(again.create_ticket(&oncall(), wanted("one"), "k").await.unwrap(), first);
    again.comment_ticket(&oncall(), 1, "hello".to_owned(), "c").await.unwrap();
    assert_eq!(tickets(&again).await.len(), 1);
    assert_eq!(tickets(&again).await[0].comments, 1);
    let other = again.create_ticket(&requester(), wanted("mine"), "k").await.unwrap();
    assert_eq!(other.number, 2, "keys belong to their caller");
    stage.world.advance(25 * HOUR);
    assert_eq!(again.create_ticket(&oncall(), wanted("one"), "k").await.unwrap().number, 3, "kept for a day");
    assert_eq!(refusal(again.create_ticket(&oncall(), wanted("x"), "").await.unwrap_err()).code, RefusalCode::Invalid);
}

#[tokio::test]
async fn a_stale_version_is_refused_and_two_comments_at_once_are_both_kept() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    core.create_ticket(&oncall(), wanted("one"), "k").await.unwrap();
    core.take_ticket(&oncall(), 1, 1, "t").await.unwrap();
    let stale = core.prioritise_ticket(&oncall(), 1, Priority::High, 1, "p").await.unwrap_err();
    let stale = refusal(stale);
    assert_eq!(stale.code, RefusalCode::Conflict);
    assert!(stale.reason.contains("version 1"), "{}", stale.reason);
    let somebody = oncall();
    let (a, b) = tokio::join!(
        core.comment_ticket(&somebody, 1, "a".to_owned(), "ca"),
        core.comment_ticket(&somebody, 1, "b".to_owned(), "cb"),
    );
    assert_eq!(a.unwrap().version, b.unwrap().version, "a comment needs no version and makes none");
    let detail = core.ticket_detail(1).await.unwrap();
    assert_eq!(detail.ticket.comments, 2);
    assert_eq!(detail.history.iter().map(|e| e.index).collect::<Vec<_>>(), [1, 2, 3, 4]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_two_writers_on_one_ticket_lose_nothing() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    core.create_ticket(&oncall(), wanted("busy"), "k").await.unwrap();
    let mut writers = tokio::task::JoinSet::new();
    for n in 0..32 {
        let core = core.clone();
        writers.spawn(async move {
            core.comment_ticket(&oncall(), 1, format!("comment {n}"), &format!("c{n}")).await.unwrap();
            loop {
                let (seen, now) = core.read(|e| (e.tickets[&1].version, e.tickets[&1].priority)).await;
                let to = if now == Priority::High { Priority::Low } else { Priority::High };
                match core.prioritise_ticket(&oncall(), 1, to, seen, &format!("p{n} {seen}")).await {
                    Ok(_) => return,
                    Err(failure) => assert_eq!(refusal(failure).code, RefusalCode::Conflict),
                }
            }
        });
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    let again = stage.reopen(core).await;
    let detail = again.ticket_detail(1).await.unwrap();
    assert_eq!((detail.ticket.comments, detail.ticket.version), (32, 33));
    assert_eq!(detail.history.len(), 65);
    let said: std::collections::BTreeSet<String> = detail
        .history
        .iter()
        .filter_map(|e| if let EntryKind::Commented { text } = &e.kind { Some(text.clone()) } else { None })
        .collect();
    assert_eq!(said.len(), 32);
}

#[tokio::test]
async fn a_forbidden_move_says_why_and_an_allowed_one_says_what_allowed_it() {
    let stage = Stage::new();
    let core = Core::open(stage.with_users(), Some(repository()), stage.world.clone()).await.unwrap();
    on_db(&core).await;
    let refused = core.move_ticket(&dba(), 1, TicketStatus::Resolved, 1, String::new(), "m").await.unwrap_err();
    let refused = refusal(refused);
    assert_eq!(refused.code, RefusalCode::ForbiddenTransition);
    assert!(refused.reason.contains("leads to IN_PROGRESS"), "{}", refused.reason);

    let given = core.assign_ticket(&dba(), 1, Some("oncall".to_owned()), 1, "a").await.unwrap();
    assert_eq!(given.assignee.as_ref().unwrap().1, "oncall");
    let nobody = core.assign_ticket(&dba(), 1, Some("nobody".to_owned()), 2, "a2").await.unwrap_err();
    assert_eq!(refusal(nobody).code, RefusalCode::NotFound);
    core.move_ticket(&oncall(), 1, TicketStatus::InProgress, 2, String::new(), "go").await.unwrap();
    let refused = core.move_ticket(&oncall(), 1, TicketStatus::Resolved, 3, String::new(), "no").await.unwrap_err();
    assert!(refusal(refused).reason.contains("not a member of acme/dba"));
    let resolved = core.move_ticket(&dba(), 1, TicketStatus::Resolved, 3, "fixed".to_owned(), "r").await.unwrap();
    assert_eq!(resolved.status, TicketStatus::Resolved);
    let entry = core.ticket_detail(1).await.unwrap().history.pop().unwrap();
    assert_eq!(entry.acted_as, "member of acme/dba");
    assert_eq!(entry.allowed_by, Some(place(42)));
    assert_eq!((entry.version, entry.revision.as_deref()), (4, Some("c0ffee")));
}

#[tokio::test]
async fn an_important_service_that_is_down_for_a_minute_gets_one_ticket() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Down).await;
    stage.world.advance(MINUTE - 1);
    core.open_automatic_tickets().await.unwrap();
    assert!(tickets(&core).await.is_empty());
    stage.world.advance(1);
    core.open_automatic_tickets().await.unwrap();
    core.open_automatic_tickets().await.unwrap();
    let all = tickets(&core).await;
    assert_eq!(all.len(), 1);
    assert!(all[0].automatic);
    assert_eq!((all[0].requester.clone(), all[0].priority), (Actor::System, Priority::Critical));
    assert_eq!((all[0].item.as_deref(), all[0].service.clone()), (Some("acme/service_down"), Some(db())));
}

#[tokio::test]
async fn without_a_repository_the_built_in_workflow_serves() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    let important = HealthReport {
        criticality: Some(itops::domain::health::Criticality::High),
        ..report(&db(), Status::Down, "no answer")
    };
    core.report_health(KEY, important).await.unwrap();
    say(&core, &api(), Status::Down).await;
    stage.world.advance(MINUTE);
    core.open_automatic_tickets().await.unwrap();
    let all = tickets(&core).await;
    assert_eq!(all.len(), 1, "medium services get none");
    assert_eq!((all[0].workflow.name.as_str(), all[0].priority), ("incident_response", Priority::High));
    assert!(all[0].description.contains("no answer"));
}

#[tokio::test]
async fn recovery_is_told_and_going_down_again_reopens_what_was_resolved() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Down).await;
    stage.world.advance(MINUTE);
    core.open_automatic_tickets().await.unwrap();
    say(&core, &db(), Status::Operational).await;
    assert!(last_words(&core, 1).await.contains("is OPERATIONAL now; it was DOWN"));
    assert_eq!(tickets(&core).await[0].status, TicketStatus::Open, "recovery does not resolve");

    let taken = core.take_ticket(&dba(), 1, 1, "t").await.unwrap();
    let moved =
        core.move_ticket(&dba(), 1, TicketStatus::InProgress, taken.version, String::new(), "m1").await.unwrap();
    core.move_ticket(&dba(), 1, TicketStatus::Resolved, moved.version, String::new(), "m2").await.unwrap();
    say(&core, &db(), Status::Down).await;
    stage.world.advance(MINUTE);
    // The books of a restart are those of the database.
    let core = stage.reopen(core).await;
    say(&core, &db(), Status::Operational).await;
    stage.world.advance(MINUTE);
    say(&core, &db(), Status::Down).await;
    stage.world.advance(MINUTE);
    core.open_automatic_tickets().await.unwrap();
    let all = tickets(&core).await;
    assert_eq!((all.len(), all[0].status), (1, TicketStatus::InProgress));
    let entry = core.ticket_detail(1).await.unwrap().history.pop().unwrap();
    assert_eq!((entry.actor, entry.allowed_by), (Actor::System, Some(place(44))));
}

#[tokio::test]
async fn recovery_is_told_once_and_who_does_not_know_is_no_recovery() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Down).await;
    stage.world.advance(MINUTE);
    core.open_automatic_tickets().await.unwrap();
    for (status, told) in [
        (Status::Unknown, 0),
        (Status::Degraded, 1),
        (Status::Operational, 1),
        (Status::Maintenance, 1),
        (Status::Operational, 1),
    ] {
        say(&core, &db(), status).await;
        assert_eq!(tickets(&core).await[0].comments, told, "{status:?}");
    }
    assert!(last_words(&core, 1).await.contains("is DEGRADED now; it was UNKNOWN"));
}

#[tokio::test]
async fn dependents_are_folded_into_the_ticket_of_what_they_need_also_late() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &api(), Status::Down).await;
    say(&core, &db(), Status::Down).await;
    stage.world.advance(MINUTE);
    core.open_automatic_tickets().await.unwrap();
    let all = tickets(&core).await;
    assert_eq!((all.len(), all[0].service.clone()), (1, Some(db())));
    assert!(last_words(&core, 1).await.contains("In trouble because of it: acme/shop/prod/eu-1/api"));

    say(&core, &api(), Status::Operational).await;
    assert!(last_words(&core, 1).await.contains("acme/shop/prod/eu-1/api is OPERATIONAL now"));
    say(&core, &api(), Status::Down).await;
    stage.world.advance(MINUTE);
    core.open_automatic_tickets().await.unwrap();
    assert_eq!(tickets(&core).await.len(), 1, "late ones too");
    let core = stage.reopen(core).await;
    let before = core.position();
    core.open_automatic_tickets().await.unwrap();
    assert_eq!(core.position(), before, "folded once, also over a restart");

    say(&core, &db(), Status::Operational).await;
    core.open_automatic_tickets().await.unwrap();
    let all = tickets(&core).await;
    assert_eq!(all.len(), 2, "what stays down when its cause is gone stands for itself");
    assert_eq!(all[1].service, Some(api()));
}

#[tokio::test]
async fn a_dependent_that_reported_first_is_folded_when_its_cause_shows_and_stands_for_itself_after_it() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    core.report_health(KEY, report(&api(), Status::Down, "cannot connect")).await.unwrap();
    stage.world.advance(MINUTE);
    core.open_automatic_tickets().await.unwrap();
    let own = tickets(&core).await.remove(0);
    let cause = own.cause.unwrap();
    assert_eq!((cause.since, cause.status, cause.message.as_str()), (T0, Status::Down, "cannot connect"));
    assert_eq!((cause.reporter, own.folded_into), (pusher(), None));

    say(&core, &db(), Status::Down).await;
    stage.world.advance(MINUTE);
    core.open_automatic_tickets().await.unwrap();
    let all = tickets(&core).await;
    assert_eq!((all.len(), all[0].folded_into, all[1].folded_into), (2, Some(2), None));
    assert!(last_words(&core, 1).await.contains("see #2"));
    assert!(last_words(&core, 2).await.contains("In trouble because of it: acme/shop/prod/eu-1/api"));
    assert_eq!(all[0].version, 1, "who looks at it loses nothing");
    let core = stage.reopen(core).await;
    let before = core.position();
    core.open_automatic_tickets().await.unwrap();
    assert_eq!(core.position(), before, "told once");

    say(&core, &db(), Status::Operational).await;
    core.open_automatic_tickets().await.unwrap();
    assert_eq!(tickets(&core).await[0].folded_into, None);
    assert!(last_words(&core, 1).await.contains("stands for itself"));
    say(&core, &api(), Status::Operational).await;
    stage.world.advance(MINUTE);
    say(&core, &api(), Status::Down).await;
    stage.world.advance(MINUTE);
    core.open_automatic_tickets().await.unwrap();
    let again = tickets(&core).await.remove(0).cause.unwrap();
    assert_eq!(again.since, T0.plus(3 * MINUTE), "the newest stretch of trouble");
}

#[tokio::test]
async fn who_was_told_in_a_ticket_that_somebody_closed_is_told_in_the_next_one() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    for path in [db(), api()] {
        say(&core, &path, Status::Down).await;
    }
    stage.world.advance(MINUTE);
    core.open_automatic_tickets().await.unwrap();
    let steps = [TicketStatus::InProgress, TicketStatus::Resolved, TicketStatus::Closed];
    let mut version = core.take_ticket(&dba(), 1, 1, "t").await.unwrap().version;
    for (number, to) in steps.into_iter().enumerate() {
        let moved = core.move_ticket(&dba(), 1, to, version, String::new(), &number.to_string()).await.unwrap();
        version = moved.version;
        if to == TicketStatus::Resolved {
            core.open_automatic_tickets().await.unwrap();
            let left = tickets(&core).await[0].status;
            assert_eq!(left, TicketStatus::Resolved, "while nothing moves it is somebody's word");
        }
    }
    stage.world.advance(MINUTE);
    core.open_automatic_tickets().await.unwrap();
    let all = tickets(&core).await;
    assert_eq!((all.len(), all[1].service.clone()), (2, Some(db())), "it is DOWN still");
    assert!(last_words(&core, 2).await.contains("In trouble because of it: acme/shop/prod/eu-1/api"));
}

#[tokio::test]
async fn what_was_last_said_of_a_ticket_is_not_kept_once_somebody_closed_it() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let database = stage.database().await;
    for number in 1..=2 {
        say(&core, &db(), Status::Down).await;
        stage.world.advance(MINUTE);
        core.open_automatic_tickets().await.unwrap();
        say(&core, &db(), Status::Operational).await;
        let kept: String =
            sqlx::query_scalar("SELECT value FROM meta WHERE name = 'recovered'").fetch_one(&database).await.unwrap();
        assert_eq!(kept, format!("[{number}]"), "only of the one that is open");
        let mut version = core.take_ticket(&dba(), number, 1, &format!("t{number}")).await.unwrap().version;
        for to in [TicketStatus::InProgress, TicketStatus::Resolved, TicketStatus::Closed] {
            let key = format!("{number}{to:?}");
            version = core.move_ticket(&dba(), number, to, version, String::new(), &key).await.unwrap().version;
        }
    }
}

#[tokio::test]
async fn two_that_need_each_other_are_one_cause_and_one_dependent() {
    let stage = Stage::new();
    let mut mutual = repository();
    Arc::make_mut(mutual.registry.services.get_mut(&db()).unwrap()).requires = vec![needs(&api())];
    let core = stage.open(Some(mutual)).await;
    say(&core, &api(), Status::Down).await;
    stage.world.advance(MINUTE);
    core.open_automatic_tickets().await.unwrap();
    say(&core, &db(), Status::Down).await;
    stage.world.advance(MINUTE);
    for _ in 0..3 {
        core.open_automatic_tickets().await.unwrap();
    }
    let all = tickets(&core).await;
    let folded: Vec<_> = all.iter().map(|t| t.folded_into).collect();
    assert_eq!(folded, [None], "the later one is told in the ticket of the first: {all:?}");
}

#[tokio::test]
async fn a_resolved_ticket_closes_by_itself_and_then_takes_comments_only() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    on_db(&core).await;
    core.take_ticket(&dba(), 1, 1, "t").await.unwrap();
    core.move_ticket(&dba(), 1, TicketStatus::InProgress, 2, String::new(), "m1").await.unwrap();
    core.move_ticket(&dba(), 1, TicketStatus::Resolved, 3, String::new(), "m2").await.unwrap();
    stage.world.advance(71 * HOUR);
    core.comment_ticket(&dba(), 1, "still fine".to_owned(), "c1").await.unwrap();
    let core = stage.reopen(core).await;
    core.close_resolved_tickets().await.unwrap();
    assert_eq!(tickets(&core).await[0].status, TicketStatus::Resolved);
    stage.world.advance(HOUR);
    core.close_resolved_tickets().await.unwrap();
    let closed = tickets(&core).await.remove(0);
    assert_eq!(closed.status, TicketStatus::Closed, "counted from the move, not from the last comment");
    core.comment_ticket(&dba(), 1, "thanks".to_owned(), "c2").await.unwrap();
    let again = core.move_ticket(&dba(), 1, TicketStatus::InProgress, closed.version, String::new(), "m3").await;
    assert_eq!(refusal(again.unwrap_err()).code, RefusalCode::Closed);
}

#[tokio::test]
async fn a_resolved_ticket_whose_workflow_does_not_lead_to_its_end_stays_resolved() {
    let stage = Stage::new();
    let mut endless = repository();
    let workflow = Arc::make_mut(endless.registry.workflows.get_mut("acme/incident_response").unwrap());
    workflow.transitions.retain(|arrow| arrow.to != TicketStatus::Closed);
    let core = stage.open(Some(endless)).await;
    on_db(&core).await;
    core.take_ticket(&dba(), 1, 1, "t").await.unwrap();
    core.move_ticket(&dba(), 1, TicketStatus::InProgress, 2, String::new(), "m1").await.unwrap();
    core.move_ticket(&dba(), 1, TicketStatus::Resolved, 3, String::new(), "m2").await.unwrap();
    stage.world.advance(100 * HOUR);
    core.close_resolved_tickets().await.unwrap();
    assert_eq!(tickets(&core).await[0].status, TicketStatus::Resolved);
}
