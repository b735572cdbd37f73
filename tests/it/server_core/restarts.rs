//! A core that is killed at any moment does what one does that is not: the same tickets with the same words, the same told
//! outside, the same figures.

use itops::{
    domain::{
        access::Level,
        gitops::Repository,
        health::Status,
        hierarchy::ServicePath,
        sla::{Budget, ExclusionWindow, WindowScope},
        tickets::{Entry, Ticket, TicketStatus},
        time::{DAY, MINUTE, SECOND},
    },
    server::service::{Core, CoreSettings, Proof, Receiver},
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{
    stage::*,
    windows::{admin, group, wanted as window},
};
use crate::served::install_crypto;

#[derive(Clone, Debug)]
enum Act {
    Say(usize, Status),
    /// What the jobs do.
    Look,
    /// Somebody takes the ticket of this number, mends it, or says that he did.
    Work(u64, TicketStatus),
    /// A window over a service or the group, for so many minutes.
    Open(Option<usize>, Option<i64>),
    Stop(u64),
}

/// What happens so many seconds after what was before, and whether the one core is killed after it.
fn acts() -> impl Strategy<Value = Vec<(i64, Act, bool)>> {
    use TicketStatus::{Closed, InProgress, Resolved};
    let status = select(vec![Status::Down, Status::Down, Status::Operational, Status::Degraded, Status::Unknown]);
    let act = prop_oneof![
        8 => (0..4_usize, status).prop_map(|(who, status)| Act::Say(who, status)),
        8 => Just(Act::Look),
        6 => (1..4_u64, select(vec![InProgress, Resolved, Resolved, Closed])).prop_map(|(n, to)| Act::Work(n, to)),
        2 => (option::of(0..4_usize), option::of(1..10_i64)).prop_map(|(who, long)| Act::Open(who, long)),
        1 => (1..4_u64).prop_map(Act::Stop),
    ];
    vec((select(vec![0, 1, 5, 59, 60, 300, 7_300]), act, any::<bool>()), 1..40)
}

/// `db` in front; two need it, one does not.
fn services() -> [ServicePath; 4] {
    [db(), api(), path("acme/shop/prod/eu-1/pay"), path("acme/shop/prod/eu-1/mail")]
}

/// Nobody falls silent here: of that a start knows less on purpose.
fn declaring() -> Repository {
    let mut repository = reported_every(400 * DAY);
    let db = repository.registry.services[&db()].clone();
    let api = repository.registry.services[&api()].clone();
    for (path, like) in services().into_iter().skip(2).zip([api, db]) {
        let service = itops::domain::gitops::DeclaredService { path: path.clone(), ..(*like).clone() };
        repository.registry.services.insert(path, std::sync::Arc::new(service));
    }
    repository
}

fn settings(stage: &Stage) -> CoreSettings {
    install_crypto();
    let kinds = ["page", "breach", "automatic_ticket", "silent_reporter"].map(str::to_owned).into();
    let proof = Proof::Signature("a secret that signs what is told".into());
    let receiver = Receiver { name: "chat".to_owned(), url: "http://127.0.0.1:1/".parse().unwrap(), proof, kinds };
    CoreSettings { receivers: vec![receiver], close_after_ms: 2 * 60 * MINUTE, ..stage.settings() }
}

/// What there is to see of a core.
#[derive(Debug, PartialEq)]
struct Seen {
    tickets: Vec<(Ticket, Vec<Entry>)>,
    windows: Vec<ExclusionWindow>,
    budget: Budget,
    told: Vec<(String, i64, String)>,
}

impl Seen {
    async fn of(stage: &Stage, core: &Core) -> Self {
        let mut tickets = Vec::new();
        for number in 1.. {
            let Ok(detail) = core.ticket_detail(number).await else { break };
            tickets.push((detail.ticket, detail.history));
        }
        let windows = core.read(|estate| estate.windows.values().cloned().collect()).await;
        let budget = core.budget_detail("checkout").await.unwrap().group.budget;
        let told: Vec<(String, i64, String)> =
            sqlx::query_as("SELECT kind, made_at, body ->> '$.state' FROM delivery ORDER BY made_at, kind, 3")
                .fetch_all(&stage.database().await)
                .await
                .unwrap();
        Self { tickets, windows, budget, told }
    }
}

async fn act(stage: &Stage, core: &Core, act: &Act, key: &str) {
    match act {
        Act::Say(who, status) => say(core, &services()[*who], *status).await,
        Act::Look => {
            core.settle_windows().await.unwrap();
            core.open_automatic_tickets().await.unwrap();
            core.tell_breaches().await.unwrap();
            core.close_resolved_tickets().await.unwrap();
        }
        Act::Work(number, to) => {
            let dba = user("dba-oncall", Level::Admin);
            let version =
                async || core.read(|estate| estate.tickets.get(number).map_or(0, |ticket| ticket.version)).await;
            // Refused where there is no such ticket, or no way.
            let _ = core.take_ticket(&dba, *number, version().await, &format!("{key} take")).await;
            let _ = core.move_ticket(&dba, *number, *to, version().await, String::new(), key).await;
        }
        Act::Open(who, long) => {
            let scope = who.map_or_else(group, |who| WindowScope::Service(services()[who].clone()));
            let to = long.map(|long| stage.world.now().plus(long * MINUTE));
            let _ = core.open_window(admin(), window(scope, None, to), key).await;
        }
        Act::Stop(number) => drop(core.stop_window(admin(), *number, key).await),
    }
}

async fn play(acts: &[(i64, Act, bool)], is_killed: bool) -> Seen {
    let stage = Stage::new();
    let mut core = Core::open(settings(&stage), Some(declaring()), stage.world.clone()).await.unwrap();
    for path in services() {
        say(&core, &path, Status::Operational).await;
    }
    for (number, (seconds, what, is_last)) in acts.iter().enumerate() {
        stage.world.advance(seconds * SECOND);
        act(&stage, &core, what, &number.to_string()).await;
        // A start does so too.
        core.settle_all_budgets().await.unwrap();
        if is_killed && *is_last {
            core = stage.reopen_with(core, settings(&stage)).await;
        }
    }
    act(&stage, &core, &Act::Look, "last").await;
    Seen::of(&stage, &core).await
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_core_that_is_killed_again_and_again_does_what_one_does_that_is_not(acts in acts()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            prop_assert_eq!(play(&acts, false).await, play(&acts, true).await);
            Ok(())
        })?;
    }
}
