//! Giving tickets away, what is kept of every act, and what is answered to those who ask for the impossible.

use itops::domain::{
    access::Level,
    detail::NewTicket,
    refusal::RefusalCode,
    tickets::{Act, EntryKind, Membership, Role, TicketStatus},
    time::{DAY, HOUR},
};
use itops::server::service::{Core, Failure};

use super::stage::*;

fn dba() -> itops::domain::access::User {
    user("dba-oncall", Level::Operator)
}

async fn with_users(stage: &Stage) -> Core {
    Core::open(stage.with_users(), Some(repository()), stage.world.clone()).await.unwrap()
}

async fn on_db(core: &Core) -> u64 {
    let new = NewTicket { item: Some("service_down".to_owned()), service: Some(db()), ..wanted("db is slow") };
    core.create_ticket(&requester(), new, "new").await.unwrap().number
}

#[tokio::test]
async fn somebody_unknown_is_refused_with_the_nearest_name_and_an_address_is_a_name_too() {
    let stage = Stage::new();
    let core = with_users(&stage).await;
    let refused = refusal(core.handing(Some("oncal".to_owned()), None, String::new()).unwrap_err());
    assert_eq!(
        (refused.code, refused.reason.as_str()),
        (RefusalCode::NotFound, "nobody here is called oncal; did you mean oncall?")
    );
    let by_mail = core.handing(Some("requester@example.org".to_owned()), None, String::new()).unwrap();
    assert_eq!(by_mail.to.unwrap().1, "requester");
}

#[tokio::test]
async fn a_ticket_without_a_service_finds_only_the_groups_of_the_organization() {
    let stage = Stage::new();
    let mut scoped = repository();
    let mut group = scoped.registry.groups["acme/dba"].clone();
    group.name = itops::domain::hierarchy::ScopedName::full("acme/shop/prod/db-night");
    scoped.registry.groups.insert("acme/shop/prod/db-night".to_owned(), group);
    let core = stage.open(Some(scoped)).await;
    let free = core.create_ticket(&dba(), wanted("free"), "f").await.unwrap();
    assert_eq!(free.service, None);
    let about_db = on_db(&core).await;
    let to = |group: &str| Act::Assign(core.handing(None, Some(group.to_owned()), "yours".to_owned()).unwrap());
    let refused = refusal(core.perform(&dba(), free.number, 1, to("db-night"), "a").await.unwrap_err());
    assert_eq!(refused.code, RefusalCode::NotFound);
    assert!(refused.reason.contains("tried acme/db-night"), "{}", refused.reason);
    let given = core.perform(&dba(), about_db, 1, to("db-night"), "b").await.unwrap();
    assert_eq!((given.assignee_group.as_deref(), given.comments), (Some("db-night"), 1));
    let entry = core.ticket_detail(about_db).await.unwrap().history.pop().unwrap();
    assert_eq!(entry.kind.said(), "yours");
    assert!(matches!(entry.kind, EntryKind::HandedOver { group: Some(group), .. } if group == "db-night"));
    assert!(core.perform(&dba(), free.number, 1, to("dba"), "c").await.is_ok());
}

#[tokio::test]
async fn an_entry_keeps_how_its_role_was_found_whatever_is_declared_later() {
    let stage = Stage::new();
    let core = with_users(&stage).await;
    let number = on_db(&core).await;
    core.take_ticket(&dba(), number, 1, "t").await.unwrap();
    core.move_ticket(&dba(), number, TicketStatus::InProgress, 2, String::new(), "a").await.unwrap();
    core.move_ticket(&dba(), number, TicketStatus::Resolved, 3, "fixed".to_owned(), "b").await.unwrap();

    let mut later = repository();
    later.revision = Some("decade".to_owned());
    later.registry.groups.clear();
    later.registry.workflows.clear();
    later.registry.catalog.items.clear();
    core.accept_repository(later).await.unwrap();
    let core = stage.reopen_with(core, stage.with_users()).await;
    let reopened = core.move_ticket(&dba(), number, TicketStatus::InProgress, 4, String::new(), "c").await.unwrap();
    assert_eq!(reopened.revision.as_deref(), Some("c0ffee"), "the revision that the kept workflow is of");
    let history = core.ticket_detail(number).await.unwrap().history;
    let resolved = &history[3];
    let grant = resolved.grant.as_ref().unwrap();
    assert_eq!(grant.role, Some(Role::Group("dba".to_owned())));
    let why = grant.explanation.as_ref().unwrap();
    assert_eq!(why.matched.as_deref(), Some("acme/dba"));
    assert_eq!((why.tried.len(), &why.membership), (5, &Some(Membership::Direct)));
    assert_eq!((resolved.allowed_by.clone(), resolved.revision.as_deref()), (Some(place(42)), Some("c0ffee")));
    assert_eq!(history[4].revision.as_deref(), Some("decade"), "what is in force when it happened");
    assert_eq!(history[4].allowed_by, Some(place(44)), "by the workflow the ticket was opened under");
}

#[tokio::test]
async fn no_line_of_history_can_be_changed_or_removed_even_in_the_database() {
    let stage = Stage::new();
    let core = stage.open(None).await;
    core.create_ticket(&oncall(), wanted("x"), "k").await.unwrap();
    core.comment_ticket(&oncall(), 1, "said".to_owned(), "c").await.unwrap();
    let database = stage.database().await;
    let update = sqlx::query("UPDATE ticket_entry SET body = '{}'").execute(&database).await;
    assert!(update.unwrap_err().to_string().contains("never changed"));
    let delete = sqlx::query("DELETE FROM ticket_entry WHERE place = 2").execute(&database).await;
    assert!(delete.unwrap_err().to_string().contains("never removed"));
    assert_eq!(stage.rows("ticket_entry").await, 2);
}

#[tokio::test]
async fn a_row_from_before_grants_and_causes_were_kept_is_still_read() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    let number = on_db(&core).await;
    let database = stage.database().await;
    sqlx::query("DROP TRIGGER ticket_entry_is_kept").execute(&database).await.unwrap();
    for (table, fields) in [("ticket_entry", "'$.grant'"), ("ticket", "'$.revision', '$.cause', '$.folded_into'")] {
        let mut query = sqlx::QueryBuilder::<sqlx::Sqlite>::new("UPDATE ");
        query.push(table).push(" SET body = json_remove(body, ").push(fields).push(")");
        assert!(query.build().execute(&database).await.unwrap().rows_affected() > 0);
    }
    database.close().await;
    let core = stage.reopen(core).await;
    let detail = core.ticket_detail(number).await.unwrap();
    assert_eq!((detail.history[0].grant.as_ref(), detail.ticket.revision), (None, None));
    assert!(core.take_ticket(&dba(), number, 1, "t").await.is_ok());
}

#[tokio::test]
async fn a_conflict_carries_what_was_not_seen() {
    let stage = Stage::new();
    let core = with_users(&stage).await;
    let number = on_db(&core).await;
    core.take_ticket(&dba(), number, 1, "t").await.unwrap();
    core.move_ticket(&dba(), number, TicketStatus::InProgress, 2, "on it".to_owned(), "a").await.unwrap();
    core.comment_ticket(&dba(), number, "found it".to_owned(), "c").await.unwrap();
    let late = core.take_ticket(&oncall(), number, 1, "late").await.unwrap_err();
    let Failure::Stale(refused, stale) = late else { panic!("{late:?}") };
    assert_eq!(refused.code, RefusalCode::Conflict);
    assert_eq!((stale.ticket.version, stale.since.len()), (3, 3));
    assert_eq!(stale.since[1].kind.said(), "on it");
}

#[tokio::test]
async fn a_lost_answer_is_found_under_its_key_by_its_caller_for_a_day() {
    let stage = Stage::new();
    let core = with_users(&stage).await;
    let number = on_db(&core).await;
    let done = core.take_ticket(&dba(), number, 1, "key").await.unwrap();
    assert_eq!(core.ticket_write(&dba(), "key").await.unwrap(), Some(done.clone()));
    assert_eq!(core.ticket_write(&oncall(), "key").await.unwrap(), None, "keys belong to their caller");
    assert_eq!(core.ticket_write(&dba(), "never").await.unwrap(), None);
    let core = stage.reopen_with(core, stage.with_users()).await;
    assert_eq!(core.ticket_write(&dba(), "key").await.unwrap(), Some(done));
    stage.world.advance(25 * HOUR);
    assert_eq!(core.ticket_write(&dba(), "key").await.unwrap(), None);
}

#[tokio::test]
async fn a_ticket_closed_long_ago_is_closed_and_not_unknown() {
    let stage = Stage::new();
    let core = with_users(&stage).await;
    let number = on_db(&core).await;
    core.take_ticket(&dba(), number, 1, "t").await.unwrap();
    core.move_ticket(&dba(), number, TicketStatus::InProgress, 2, String::new(), "a").await.unwrap();
    core.move_ticket(&dba(), number, TicketStatus::Resolved, 3, String::new(), "b").await.unwrap();
    core.move_ticket(&requester(), number, TicketStatus::Closed, 4, String::new(), "c").await.unwrap();
    let refused = core.move_ticket(&dba(), number, TicketStatus::Open, 5, String::new(), "d").await.unwrap_err();
    assert_eq!(refusal(refused).code, RefusalCode::Closed);
    stage.world.advance(40 * DAY);
    core.forget_old().await.unwrap();
    let refused = core.comment_ticket(&dba(), number, "again".to_owned(), "e").await.unwrap_err();
    assert_eq!(refusal(refused).code, RefusalCode::Closed);
    assert_eq!(core.ticket_detail(number).await.unwrap().history.len(), 5, "it can still be read");
    let refused = core.comment_ticket(&dba(), 99, "x".to_owned(), "f").await.unwrap_err();
    assert_eq!(refusal(refused).code, RefusalCode::NotFound);
}

#[tokio::test]
async fn a_rehearsal_says_what_the_act_would_answer_and_does_nothing() {
    let stage = Stage::new();
    let core = with_users(&stage).await;
    let number = on_db(&core).await;
    let before = core.position();
    let said = core.rehearse(&dba(), &Act::Take, &[number, 99]).await;
    assert_eq!(said.len(), 2);
    assert!(said[0].is_production && said[0].verdict.as_ref().is_ok_and(|(role, _)| role == "itops-operators"));
    assert_eq!(said[1].verdict.as_ref().unwrap_err().code, RefusalCode::NotFound);
    let resolve = Act::Move { to: TicketStatus::Resolved, comment: String::new() };
    let said = core.rehearse(&dba(), &resolve, &[number]).await;
    assert_eq!(said[0].verdict.as_ref().unwrap_err().code, RefusalCode::ForbiddenTransition);
    assert_eq!(core.position(), before);
}
