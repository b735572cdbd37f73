//! What is offered is what is accepted, through the real core: random people at random workflows. What the console
//! offers, foresees and sends for the keys a person presses is held against it too.

use std::{collections::BTreeMap, sync::Arc};

use itops::{
    console::{
        effect::{Effect, Write},
        msg::{LinkEvent, Msg},
        place::Object,
        screens::tickets,
        testing::Bench,
        update, writes,
    },
    domain::{
        access::{Level, User},
        detail::NewTicket,
        estate::Snapshot,
        hierarchy::ScopedName,
        samples,
        tickets::{Act, Handing, Item, Priority, Ticket, TicketStatus, offers, transition::Directory},
    },
    server::service::{Core, Failure},
};
use proptest::{
    prelude::*,
    sample::select,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use crate::server_core::stage::{Stage, db, place, repository};

const NAMES: [&str; 4] = ["oncall", "requester", "dba-oncall", "admin"];
const FLOWS: usize = 12;
const STEPS: usize = 400;

type Arrows = Vec<(TicketStatus, TicketStatus, &'static str)>;

fn arrows() -> impl Strategy<Value = Arrows> {
    let any_status = || select(TicketStatus::ALL.to_vec());
    let role = select(vec!["assignee", "requester", "any", "dba", "itops-operators", "nobody"]);
    proptest::collection::vec((any_status(), any_status(), role), 2..10)
}

fn user() -> impl Strategy<Value = User> {
    let level = select(vec![Level::User, Level::Operator, Level::Admin]);
    (select(NAMES.to_vec()), level, prop::bool::weighted(0.1), prop::bool::weighted(0.1))
        .prop_map(|(name, level, superadmin, read_only)| User { superadmin, read_only, ..samples::user(name, level) })
}

fn act() -> impl Strategy<Value = Act> {
    let person = || proptest::option::of(select(NAMES.to_vec()));
    let give = (person(), proptest::option::of(select(vec!["dba", "nobody"]))).prop_map(|(to, group)| {
        let to = to.map(|name| (samples::user(name, Level::User).id, name.to_owned()));
        Act::Assign(Handing { to, group: group.map(str::to_owned), note: String::new() })
    });
    prop_oneof![
        2 => Just(Act::Take),
        2 => give,
        1 => select(Priority::ALL.to_vec()).prop_map(Act::Prioritise),
        1 => Just(Act::Comment("seen".to_owned())),
        6 => select(TicketStatus::ALL.to_vec()).prop_map(|to| Act::Move { to, comment: String::new() }),
    ]
}

/// One item for each workflow, on the service of the stage.
async fn core_with(stage: &Stage, flows: Vec<Arrows>) -> Core {
    let mut made = repository();
    let mut items = BTreeMap::new();
    for (index, arrows) in flows.into_iter().enumerate() {
        let mut workflow = (*samples::workflow(&arrows)).clone();
        workflow.name = ScopedName::full(format!("acme/flow-{index}"));
        workflow.place = Some(place(60));
        made.registry.workflows.insert(workflow.name.as_str().to_owned(), Arc::new(workflow));
        let item = Item {
            name: ScopedName::full(format!("acme/item-{index}")),
            workflow: format!("flow-{index}"),
            ..made.registry.catalog.items["acme/service_down"].clone()
        };
        items.insert(item.name.as_str().to_owned(), item);
    }
    made.registry.catalog.items = items;
    stage.open(Some(made)).await
}

/// A console of `user` that has just heard how the core is.
async fn console(core: &Core, user: &User) -> Bench {
    let mut bench = Bench::empty(140, 40);
    bench.state.session.user = user.clone();
    let estate = core.read(Clone::clone).await;
    bench.at = crate::server_core::stage::T0;
    bench.tell(Msg::Link(LinkEvent::Connected));
    bench.tell(Msg::Snapshot(Box::new(Snapshot { estate, at: bench.at, ..Snapshot::default() })));
    bench.take_effects();
    bench
}

/// Whether the keys that a person would press on a ticket send a move to `to`.
fn moved_by_keys(bench: &mut Bench, number: u64, to: TicketStatus) -> bool {
    update::open(&mut bench.state, Object::Ticket(number));
    bench.tell(Msg::Tick);
    let ticket = bench.state.replica.estate.tickets[&number].clone();
    let ways = tickets::offers_of(&bench.state, &ticket);
    for (offer, key) in ways.iter().zip(1..).filter(|(offer, _)| offer.to == to) {
        bench.keys(&format!("<esc> <esc> m {key} <enter> Y"));
        let sends =
            |effect: &Effect| matches!(effect, Effect::Write { what: Write::Move { to: went, .. }, .. } if *went == to);
        let sent = bench.take_effects().iter().any(sends);
        if sent || offer.is_allowed() {
            return sent;
        }
    }
    false
}

/// An act as the console asks for it.
fn write(act: &Act, ticket: &Ticket) -> Write {
    let (number, seen) = (ticket.number, ticket.version);
    match act.clone() {
        Act::Take => Write::Take { number, seen },
        Act::Move { to, comment } => Write::Move { number, seen, to, comment },
        Act::Assign(Handing { to, group, note }) => {
            Write::Assign { number, seen, to: to.map(|(_, name)| name), group, note }
        }
        Act::Prioritise(to) => Write::Prioritise { number, seen, to },
        Act::Comment(text) => Write::Comment { number, text },
    }
}

fn drawn<S: Strategy>(runner: &mut TestRunner, strategy: &S) -> S::Value {
    strategy.new_tree(runner).unwrap().current()
}

#[tokio::test]
async fn whatever_is_offered_is_accepted_and_nothing_else() {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]));
    let stage = Stage::new();
    let flows: Vec<Arrows> = (0..FLOWS).map(|_| drawn(&mut runner, &arrows())).collect();
    let core = core_with(&stage, flows).await;
    for index in 0..FLOWS {
        let who = samples::user(NAMES[index % NAMES.len()], Level::User);
        let service = (index % 3 != 0).then(db);
        let new = NewTicket { item: Some(format!("item-{index}")), service, ..NewTicket::default() };
        core.create_ticket(&who, new, &format!("new-{index}")).await.unwrap();
    }
    let (mut accepted, mut refused) = (0, 0);
    for step in 0..STEPS {
        let user = drawn(&mut runner, &user());
        let act = drawn(&mut runner, &act());
        let number = 1 + (step % FLOWS) as u64;
        let (ticket, offered) = core
            .read(|estate| {
                let directory = Directory { org: &estate.source.org, groups: &estate.source.groups };
                let ticket = estate.tickets[&number].clone();
                let offered = offers(&ticket, directory, &user);
                (ticket, offered)
            })
            .await;
        let mut console = console(&core, &user).await;
        let foreseen = writes::foresee(&console.state, &ticket, &write(&act, &ticket));
        let sent = match &act {
            Act::Move { to, .. } => Some(moved_by_keys(&mut console, number, *to)),
            _ => None,
        };
        let rehearsed = core.rehearse(&user, &act, &[number]).await.remove(0);
        let done = core.perform(&user, number, ticket.version, act.clone(), &format!("k{step}")).await;
        match (&rehearsed.verdict, &done) {
            (Ok(_), Ok(_)) => accepted += 1,
            (Err(beforehand), Err(Failure::Refused(then))) => {
                refused += 1;
                assert_eq!(beforehand, then, "said in the same words");
            }
            (beforehand, then) => panic!("step {step}: {act:?} rehearsed {beforehand:?}, answered {then:?}"),
        }
        match (&foreseen, &done) {
            (Ok(_), Ok(_)) => {}
            (Err(beforehand), Err(Failure::Refused(then))) => assert_eq!(beforehand, then, "step {step}: {act:?}"),
            (beforehand, then) => panic!("step {step}: {act:?} foreseen {beforehand:?}, answered {then:?}"),
        }
        assert!(sent.is_none_or(|sent| sent == done.is_ok()), "step {step}: {act:?} by {user:?} on {ticket:?}");
        if let Act::Move { to, .. } = &act {
            let is_offered = offered.iter().any(|offer| offer.to == *to && offer.is_allowed());
            assert_eq!(is_offered, done.is_ok(), "step {step}: {act:?} by {user:?} on {ticket:?}");
        }
    }
    assert!(accepted > STEPS / 8 && refused > STEPS / 8, "{accepted} accepted, {refused} refused: neither is tested");
}
