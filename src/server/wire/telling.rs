//! What a receiver is told, as JSON. The shape is described in README.

use serde::Serialize;

use super::{Time, is_false};
use crate::{
    domain::{
        attention::telling::{Episode, Topic},
        change::Seq,
        estate::Estate,
        health::{Service, Status, reporter},
        time::Timestamp,
    },
    server::store::telling::Told,
};

/// Version of this shape.
const VERSION: u32 = 1;
/// Most services named in one event.
const NAMED: usize = 50;

/// Something begins or stops needing a person.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventView {
    version: u32,
    id: String,
    kind: &'static str,
    state: &'static str,
    episode: String,
    at: Time,
    since: Time,
    sequence: String,
    #[serde(skip_serializing_if = "is_false")]
    simulated: bool,
    object: ObjectView,
    links: LinksView,
}

/// What it is about.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
enum ObjectView {
    Budget {
        name: String,
        state: Option<&'static str>,
        target_millionths: Option<u32>,
        uptime_millionths: Option<u32>,
        remaining_ms: Option<i64>,
        /// Since when nothing is left; none while something is, and where that is longer than a rolling period.
        exhausted_since: Option<Time>,
        /// From when on nothing will be left if whoever is down stays down; none while nobody is who counts.
        exhausted_if_down_at: Option<Time>,
        /// Members that are down.
        services: Vec<ServiceRef>,
    },
    Ticket {
        number: u64,
        title: String,
        priority: Option<&'static str>,
        status: Option<&'static str>,
        assignee: Option<String>,
        service: Option<ServiceRef>,
    },
    Reporter {
        name: String,
        /// How many services nobody hears of.
        silent: usize,
        services: Vec<ServiceRef>,
    },
}

/// A service, as far as somebody who is called needs it.
#[derive(Serialize)]
struct ServiceRef {
    path: String,
    status: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    runbook: Option<String>,
}

/// Where to look.
#[derive(Serialize)]
struct LinksView {
    /// A command that shows it.
    command: String,
    /// What to do about it, where its services say so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    runbooks: Vec<String>,
}

impl EventView {
    /// What is told of `episode`, which begins or ends at `now`.
    pub fn new(
        estate: &Estate,
        episode: &Episode,
        told: &Told,
        begins: bool,
        id: &str,
        seq: Seq,
        now: Timestamp,
    ) -> Self {
        let object = object(estate, episode, now);
        let command = match episode.topic {
            Topic::Page | Topic::Breach => format!("itops budget get {}", episode.name),
            Topic::AutomaticTicket => format!("itops ticket get {}", episode.name),
            Topic::SilentReporter => "itops service list".to_owned(),
        };
        let mut runbooks: Vec<String> = object.services().filter_map(|s| s.runbook.clone()).collect();
        runbooks.sort();
        runbooks.dedup();
        Self {
            version: VERSION,
            id: id.to_owned(),
            kind: episode.topic.word(),
            state: if begins { "started" } else { "ended" },
            episode: told.id.clone(),
            at: Time(now),
            since: Time(told.since),
            sequence: seq.to_string(),
            simulated: estate.simulated,
            object,
            links: LinksView { command, runbooks },
        }
    }
}

impl ObjectView {
    fn services(&self) -> impl Iterator<Item = &ServiceRef> {
        let (many, one): (&[ServiceRef], _) = match self {
            Self::Budget { services, .. } | Self::Reporter { services, .. } => (services, None),
            Self::Ticket { service, .. } => (&[], service.as_ref()),
        };
        many.iter().chain(one)
    }
}

fn object(estate: &Estate, episode: &Episode, now: Timestamp) -> ObjectView {
    let name = episode.name.clone();
    match episode.topic {
        Topic::Page | Topic::Breach => {
            let group = estate.budgets.get(&name);
            let members = group.map(|group| group.members.as_slice()).unwrap_or_default();
            let down = members.iter().filter_map(|path| estate.services.get(path));
            let down = down.filter(|service| service.health.status == Status::Down);
            ObjectView::Budget {
                state: group.map(|g| g.budget.state.word()),
                target_millionths: group.map(|g| g.budget.target.millionths()),
                uptime_millionths: group.and_then(|g| g.budget.uptime_millionths),
                remaining_ms: group.map(|g| g.budget.remaining_ms()),
                exhausted_since: group.and_then(|g| g.budget.exhausted_since()).map(Time),
                exhausted_if_down_at: group.and_then(|g| g.budget.exhausted_if_down_at).map(Time),
                services: down.take(NAMED).map(ServiceRef::of).collect(),
                name,
            }
        }
        Topic::AutomaticTicket => {
            let number = name.parse().unwrap_or(0);
            let ticket = estate.tickets.get(&number);
            let about = ticket.and_then(|t| t.service.as_ref()).and_then(|path| estate.services.get(path));
            ObjectView::Ticket {
                number,
                title: ticket.map(|t| t.title.clone()).unwrap_or_default(),
                priority: ticket.map(|t| t.priority.word()),
                status: ticket.map(|t| t.status.word()),
                assignee: ticket.and_then(|t| t.assignee.clone()).map(|(_, name)| name),
                service: about.map(ServiceRef::of),
            }
        }
        Topic::SilentReporter => {
            let silent = reporter::wanting_named(estate, &name, now).map(|reporter| reporter.services);
            let silent = silent.unwrap_or_default();
            let services = silent.iter().take(NAMED).map(|service| ServiceRef::of(service)).collect();
            ObjectView::Reporter { silent: silent.len(), services, name }
        }
    }
}

impl ServiceRef {
    fn of(service: &Service) -> Self {
        Self {
            path: service.path.as_str().to_owned(),
            status: service.health.status.word(),
            message: service.health.message.clone(),
            runbook: service.runbook_link().map(str::to_owned),
        }
    }
}
