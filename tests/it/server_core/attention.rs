//! What people say about problems, in the core.

use itops::domain::{
    attention::{Concern, Handling, Lapse, Reason, Subject, Wish},
    change::{Actor, Fact},
    health::Status,
    refusal::RefusalCode,
};

use super::stage::{self, Stage, db, oncall, refusal, repository, requester, say};

fn wish(seen: Reason, handling: Option<Handling>) -> Wish {
    Wish { subject: Subject::Service(db()), seen, handling }
}

async fn lapses(core: &itops::server::service::Core) -> Vec<(Lapse, Actor)> {
    let changes = core.recent_changes(10_000).await;
    let of = |c: &std::sync::Arc<itops::domain::change::Change>| match &c.fact {
        Fact::HandlingLapsed { why, .. } => Some((*why, c.actor.clone())),
        _ => None,
    };
    changes.iter().filter_map(of).collect()
}

async fn is_handled(core: &itops::server::service::Core) -> bool {
    core.read(|estate| estate.handled.contains_key(&(Subject::Service(db()), Concern::Health))).await
}

#[tokio::test]
async fn an_acknowledgement_survives_a_restart_and_ends_when_it_gets_worse() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Degraded).await;
    let said = core.attend(&oncall(), wish(Reason::Degraded, Some(Handling::Acknowledged)), "k1").await.unwrap();
    assert_eq!(said.as_ref().unwrap().by.1, "oncall");
    let again = core.attend(&oncall(), wish(Reason::Degraded, Some(Handling::Acknowledged)), "k1").await.unwrap();
    assert_eq!(again, said, "the same key is done once");
    let other = core.attend(&oncall(), wish(Reason::Degraded, None), "k1").await.unwrap_err();
    assert_eq!(refusal(other).code, RefusalCode::KeyReused);
    let core = stage.reopen(core).await;
    assert!(is_handled(&core).await);
    let again = core.attend(&oncall(), wish(Reason::Degraded, Some(Handling::Acknowledged)), "k1").await.unwrap();
    assert_eq!(again, said, "the key survives too");
    say(&core, &db(), Status::Down).await;
    assert!(!is_handled(&core).await);
    assert_eq!(lapses(&core).await, [(Lapse::Worse, Actor::System)]);
    let core = stage.reopen(core).await;
    assert!(!is_handled(&core).await, "what lapsed stays lapsed");
}

#[tokio::test]
async fn a_problem_that_ends_and_comes_back_at_once_is_a_new_one() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Down).await;
    core.attend(&oncall(), wish(Reason::Down, Some(Handling::Acknowledged)), "k1").await.unwrap();
    say(&core, &db(), Status::Degraded).await;
    assert!(is_handled(&core).await, "milder is covered");
    let db = db();
    let (up, down) = (say(&core, &db, Status::Operational), say(&core, &db, Status::Down));
    tokio::join!(up, down);
    assert!(!is_handled(&core).await);
    assert_eq!(lapses(&core).await, [(Lapse::Ended, Actor::System)]);
}

#[tokio::test]
async fn a_snooze_is_over_by_the_cores_clock_and_can_be_taken_back() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Down).await;
    let until = stage.world.now().plus(60_000);
    core.attend(&oncall(), wish(Reason::Down, Some(Handling::Snoozed(until))), "k1").await.unwrap();
    stage.world.advance(59_999);
    core.settle_attention().await.unwrap();
    assert!(is_handled(&core).await);
    stage.world.advance(1);
    core.settle_attention().await.unwrap();
    assert_eq!(lapses(&core).await, [(Lapse::Over, Actor::System)]);
    core.attend(&oncall(), wish(Reason::Down, Some(Handling::Acknowledged)), "k2").await.unwrap();
    assert_eq!(core.attend(&oncall(), wish(Reason::Down, None), "k3").await, Ok(None));
    assert_eq!(lapses(&core).await.last(), Some(&(Lapse::Withdrawn, itops::domain::samples::actor(&oncall()))));
    assert!(!is_handled(&core).await);
}

#[tokio::test]
async fn a_user_and_a_problem_that_is_over_are_refused_and_leave_no_trace() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Down).await;
    let before = stage::words(&core).await;
    let acknowledged = || wish(Reason::Down, Some(Handling::Acknowledged));
    let refused = core.attend(&requester(), acknowledged(), "k1").await.unwrap_err();
    assert_eq!(refusal(refused).code, RefusalCode::Forbidden);
    let gone = Wish { seen: Reason::BackupOverdue, ..acknowledged() };
    assert_eq!(refusal(core.attend(&oncall(), gone, "k2").await.unwrap_err()).code, RefusalCode::NotFound);
    let mild = Wish { seen: Reason::Degraded, ..acknowledged() };
    assert_eq!(refusal(core.attend(&oncall(), mild, "k3").await.unwrap_err()).code, RefusalCode::Conflict);
    assert_eq!(stage::words(&core).await, before);
}
