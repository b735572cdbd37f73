//! What is told in one automatic ticket: symptoms of what somebody announced, and the silence of a reporter.

use std::sync::Arc;

use itops::{
    domain::{
        access::Level,
        gitops::Repository,
        health::{Criticality, Status},
        hierarchy::ServicePath,
        sla::WindowScope,
        tickets::{EntryKind, Ticket, TicketStatus},
        time::{DAY, HOUR, MINUTE},
    },
    server::service::Core,
};

use super::{
    stage::*,
    windows::{operator, wanted as window},
};

/// `db`, and `api`, `pay` and `web` that cannot work without it; all critical.
fn three_need_db() -> Repository {
    let mut repository = repository();
    for path in [pay(), web()] {
        let needing = itops::domain::gitops::DeclaredService { requires: vec![needs(&db())], ..declared(&path) };
        repository.registry.services.insert(path, Arc::new(needing));
    }
    repository
}

fn pay() -> ServicePath {
    path("acme/shop/prod/eu-1/pay")
}

fn web() -> ServicePath {
    path("acme/shop/prod/eu-1/web")
}

async fn all_down(core: &Core) {
    for path in [db(), api(), pay(), web()] {
        say(core, &path, Status::Down).await;
    }
}

/// Half an hour, so that everything is due, and a look.
async fn look(stage: &Stage, core: &Core) -> Vec<Ticket> {
    stage.world.advance(HOUR / 2);
    core.open_automatic_tickets().await.unwrap();
    tickets(core).await
}

async fn said(core: &Core, number: u64) -> Vec<String> {
    let history = core.ticket_detail(number).await.unwrap().history;
    let said = history.into_iter().filter_map(|entry| match entry.kind {
        EntryKind::Commented { text } => Some(text),
        _ => None,
    });
    said.collect()
}

fn titles(all: &[Ticket]) -> Vec<&str> {
    all.iter().map(|ticket| ticket.title.as_str()).collect()
}

#[tokio::test]
async fn symptoms_of_what_is_announced_are_one_ticket_that_names_the_cause_until_the_window_ends() {
    let stage = Stage::new();
    let core = stage.open(Some(three_need_db())).await;
    let end = Some(T0.plus(DAY));
    core.open_window(operator(), window(WindowScope::Service(db()), None, end), "w").await.unwrap();
    all_down(&core).await;
    let all = look(&stage, &core).await;
    assert_eq!(titles(&all), ["API is DOWN because DB is"], "not one for each");
    assert!(all[0].description.contains("Window 1 is open over that: new disks"), "{}", all[0].description);
    assert_eq!(said(&core, 1).await, [format!("In trouble because of it: {}, {}", pay(), web())]);
    let core = stage.reopen(core).await;
    let before = core.position();
    core.open_automatic_tickets().await.unwrap();
    assert_eq!(core.position(), before, "told once, also over a restart");

    stage.world.advance(DAY);
    core.settle_windows().await.unwrap();
    let all = look(&stage, &core).await;
    assert_eq!(titles(&all), ["API is DOWN because DB is", "DB is DOWN"], "the cause counts again and gets its own");
    assert_eq!(all[0].folded_into, Some(2));
    say(&core, &db(), Status::Operational).await;
    let all = look(&stage, &core).await;
    let services: Vec<_> = all.iter().map(|t| t.service.clone().unwrap()).collect();
    assert_eq!(services, [api(), db(), pay(), web()], "without a cause each stands for itself");
}

#[tokio::test]
async fn symptoms_of_a_cause_that_gets_no_ticket_are_one_ticket() {
    let stage = Stage::new();
    let mut unimportant = three_need_db();
    Arc::make_mut(unimportant.registry.services.get_mut(&db()).unwrap()).criticality = Some(Criticality::Low);
    let core = stage.open(Some(unimportant)).await;
    all_down(&core).await;
    assert_eq!(titles(&look(&stage, &core).await), ["API is DOWN because DB is"]);
    say(&core, &api(), Status::Operational).await;
    let all = look(&stage, &core).await;
    assert_eq!(titles(&all), ["API is DOWN because DB is", "PAY is DOWN because DB is"], "the next one stands for all");
    assert_eq!(said(&core, 2).await, [format!("In trouble because of it: {}", web())]);
}

/// Thirty critical services and `db`, all from one agent.
async fn watched(stage: &Stage) -> (Core, Vec<ServicePath>) {
    let mut many = repository();
    for n in 0..30 {
        let path = path(&format!("acme/shop/prod/eu-1/s{n:02}"));
        many.registry.services.insert(path.clone(), Arc::new(declared(&path)));
    }
    let paths: Vec<_> = many.registry.services.keys().cloned().collect();
    let core = stage.open(Some(many)).await;
    agent_says(&core, &paths, Status::Operational).await;
    (core, paths)
}

async fn agent_says(core: &Core, paths: &[ServicePath], status: Status) {
    let reports = paths.iter().map(|path| report(path, status, "")).collect();
    core.agent_status(KEY, db().node(), reports).await.unwrap();
}

async fn falls_silent(stage: &Stage, core: &Core) -> Vec<Ticket> {
    stage.world.advance(10 * MINUTE);
    core.sweep_silence().await.unwrap();
    look(stage, core).await
}

#[tokio::test]
async fn a_silent_agent_is_one_ticket_that_names_it() {
    let stage = Stage::new();
    let (core, paths) = watched(&stage).await;
    let all = falls_silent(&stage, &core).await;
    assert_eq!(titles(&all), ["acme/shop/prod/eu-1 is silent"]);
    let counted = "When this was opened acme/shop/prod/eu-1 was silent about 32 services.";
    assert!(all[0].description.lines().any(|line| line == counted), "{}", all[0].description);
    let told = said(&core, 1).await;
    assert!(told[0].starts_with("The same reporter is silent about") && told[0].ends_with("and 11 more"), "{told:?}");

    // It comes back for one after the other; that is no news until it is back for all.
    agent_says(&core, &paths[..20], Status::Operational).await;
    core.open_automatic_tickets().await.unwrap();
    assert_eq!((tickets(&core).await.len(), said(&core, 1).await.len()), (1, 1), "no second ticket for the rest");
    let core = stage.reopen(core).await;
    agent_says(&core, &paths[20..], Status::Operational).await;
    core.open_automatic_tickets().await.unwrap();
    assert_eq!(said(&core, 1).await[1..], ["acme/shop/prod/eu-1 is silent about nothing any more"], "told once");
    core.open_automatic_tickets().await.unwrap();
    assert_eq!(said(&core, 1).await.len(), 2);

    let all = falls_silent(&stage, &core).await;
    assert_eq!(all.len(), 1, "the open one is about it again");
    assert!(said(&core, 1).await.contains(&"acme/shop/prod/eu-1 is silent again".to_owned()));
}

/// Somebody takes ticket 1 and resolves it.
async fn resolve(core: &Core) {
    let dba = user("dba-oncall", Level::Operator);
    let version = core.take_ticket(&dba, 1, 1, "t").await.unwrap().version;
    let version =
        core.move_ticket(&dba, 1, TicketStatus::InProgress, version, String::new(), "m1").await.unwrap().version;
    core.move_ticket(&dba, 1, TicketStatus::Resolved, version, String::new(), "m2").await.unwrap();
}

#[tokio::test]
async fn a_resolved_silence_is_opened_again_when_the_reporter_falls_silent_again() {
    let stage = Stage::new();
    let (core, paths) = watched(&stage).await;
    falls_silent(&stage, &core).await;
    agent_says(&core, &paths, Status::Operational).await;
    core.open_automatic_tickets().await.unwrap();
    resolve(&core).await;
    let all = falls_silent(&stage, &core).await;
    assert_eq!((all.len(), all[0].status), (1, TicketStatus::InProgress));
}

#[tokio::test]
async fn a_resolved_silence_is_opened_again_also_by_a_service_that_was_only_told_in_it() {
    let stage = Stage::new();
    let (core, paths) = watched(&stage).await;
    let first = falls_silent(&stage, &core).await.remove(0).service.unwrap();
    agent_says(&core, &paths, Status::Operational).await;
    core.open_automatic_tickets().await.unwrap();
    resolve(&core).await;
    let (of_one, rest): (Vec<_>, Vec<_>) = paths.iter().cloned().partition(|path| path.service() == "s07");
    assert_ne!(of_one[0], first, "it has no ticket of its own");
    for _ in 0..4 {
        stage.world.advance(MINUTE);
        agent_says(&core, &rest, Status::Operational).await;
        core.sweep_silence().await.unwrap();
    }
    let all = look(&stage, &core).await;
    assert_eq!((all.len(), all[0].status), (1, TicketStatus::InProgress), "{:?}", titles(&all));
}

#[tokio::test]
async fn what_is_found_down_after_a_silence_stands_for_itself() {
    let stage = Stage::new();
    let (core, paths) = watched(&stage).await;
    falls_silent(&stage, &core).await;
    // The one the ticket stands for, and one that was folded into it.
    let first = tickets(&core).await[0].service.clone().unwrap();
    let folded = path("acme/shop/prod/eu-1/s07");
    let rest: Vec<ServicePath> = paths.iter().filter(|p| **p != first && **p != folded).cloned().collect();
    agent_says(&core, std::slice::from_ref(&folded), Status::Down).await;
    let all = look(&stage, &core).await;
    assert_eq!(titles(&all)[1..], ["S07 is DOWN"]);
    agent_says(&core, &rest[..10], Status::Operational).await;
    agent_says(&core, std::slice::from_ref(&first), Status::Down).await;
    look(&stage, &core).await;
    let all = look(&stage, &core).await;
    assert_eq!(all.len(), 3, "{:?}", titles(&all));
    assert_eq!(titles(&all)[0], format!("{} is DOWN", first.service().to_uppercase()), "what it is about now");
    assert_eq!(titles(&all)[2], "acme/shop/prod/eu-1 is silent", "the rest of the silence goes on");
}

#[tokio::test]
async fn a_ticket_from_another_day_is_not_opened_again_for_the_silence_of_a_reporter() {
    let stage = Stage::new();
    let (core, paths) = watched(&stage).await;
    let last = paths.last().unwrap();
    agent_says(&core, std::slice::from_ref(last), Status::Down).await;
    look(&stage, &core).await;
    agent_says(&core, &paths, Status::Operational).await;
    stage.world.advance(10 * MINUTE);
    agent_says(&core, std::slice::from_ref(last), Status::Operational).await;
    // Everything but that one is judged silent first.
    core.sweep_silence().await.unwrap();
    look(&stage, &core).await;
    core.sweep_silence().await.unwrap();
    let all = look(&stage, &core).await;
    assert_eq!((all.len(), all[0].folded_into), (2, Some(2)), "{:?}", titles(&all));
    assert_eq!(titles(&all), ["S29 is DOWN", "acme/shop/prod/eu-1 is silent"]);
    assert_eq!(said(&core, 1).await.last().unwrap(), &format!("The reporter of {last} is silent: see #2"));
    let before = core.position();
    look(&stage, &core).await;
    assert_eq!(core.position(), before, "told once");
    agent_says(&core, &paths, Status::Operational).await;
    core.open_automatic_tickets().await.unwrap();
    assert_eq!(tickets(&core).await[0].folded_into, None);
}

#[tokio::test]
async fn what_comes_from_a_service_with_the_ticket_of_a_silence_is_told_in_it_once() {
    let stage = Stage::new();
    let mut core = stage.open(Some(three_need_db())).await;
    let all = [db(), api(), pay(), web()];
    for path in &all {
        say(&core, path, Status::Operational).await;
        stage.world.advance(1_000);
    }
    stage.world.advance(HOUR);
    core.sweep_silence().await.unwrap();
    let first = look(&stage, &core).await;
    assert_eq!((first.len(), first[0].service.as_ref()), (1, Some(&db())), "{:?}", titles(&first));
    // What needs it says that it is DOWN before it does itself; of the others nobody hears.
    say(&core, &api(), Status::Down).await;
    stage.world.advance(40_000);
    say(&core, &db(), Status::Down).await;
    for turn in 0..24 {
        stage.world.advance(5_000);
        if turn == 6 {
            core = stage.reopen(core).await;
        }
        core.open_automatic_tickets().await.unwrap();
    }
    let told = format!("In trouble because of it: {}", api());
    let said = said(&core, 1).await;
    assert_eq!(said.iter().filter(|line| **line == told).count(), 1, "{said:?}");
    let all = tickets(&core).await;
    assert_eq!(titles(&all), ["DB is DOWN", "probe@acme/shop/prod/eu-1 is silent"]);
}

#[tokio::test]
async fn a_resolved_ticket_is_opened_again_also_when_the_core_ended_between_the_new_trouble_and_its_turn() {
    let stage = Stage::new();
    let core = stage.open(Some(repository())).await;
    say(&core, &db(), Status::Down).await;
    look(&stage, &core).await;
    say(&core, &db(), Status::Operational).await;
    resolve(&core).await;
    say(&core, &db(), Status::Down).await;
    let core = stage.reopen(core).await;
    let all = look(&stage, &core).await;
    assert_eq!((all.len(), all[0].status), (1, TicketStatus::InProgress), "{:?}", said(&core, 1).await);
}

#[tokio::test]
async fn the_end_of_a_silence_is_told_also_when_the_core_ended_before_its_turn() {
    let stage = Stage::new();
    let (core, paths) = watched(&stage).await;
    falls_silent(&stage, &core).await;
    agent_says(&core, &paths, Status::Operational).await;
    let core = stage.reopen(core).await;
    core.open_automatic_tickets().await.unwrap();
    let told = "acme/shop/prod/eu-1 is silent about nothing any more";
    assert_eq!(said(&core, 1).await.last().unwrap(), told);
    let core = stage.reopen(core).await;
    core.open_automatic_tickets().await.unwrap();
    assert_eq!(said(&core, 1).await.iter().filter(|line| *line == told).count(), 1, "once");
}

#[tokio::test]
async fn what_needs_a_service_that_is_down_again_at_once_is_not_told_in_its_ticket_over_and_over() {
    for is_seen_up in [false, true] {
        let stage = Stage::new();
        let core = stage.open(Some(repository())).await;
        for path in [db(), api()] {
            say(&core, &path, Status::Down).await;
        }
        look(&stage, &core).await;
        say(&core, &db(), Status::Operational).await;
        if is_seen_up {
            core.open_automatic_tickets().await.unwrap();
        }
        say(&core, &db(), Status::Down).await;
        for _ in 0..24 {
            stage.world.advance(5_000);
            core.open_automatic_tickets().await.unwrap();
        }
        let told = format!("In trouble because of it: {}", api());
        let said_of_db = said(&core, 1).await;
        let times = said_of_db.iter().filter(|line| **line == told).count();
        assert_eq!(times, 1 + usize::from(is_seen_up), "{said_of_db:?}");
        if is_seen_up {
            let own = format!("{} is DOWN, which {} cannot work without: see #1", db(), api());
            assert_eq!(said(&core, 2).await, [own], "it stood for itself in between");
        }
    }
}
