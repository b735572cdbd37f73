//! What an act would come to for each of many tickets, by the rule that decides it, without doing it.

use crate::{
    domain::{
        access::User,
        detail::Rehearsed,
        estate::Estate,
        tickets::{Act, transition::Directory},
        time::Timestamp,
    },
    server::service::Core,
};

impl Core {
    /// What `act` would come to for each of `numbers` as they are now, in their order.
    pub async fn rehearse(&self, user: &User, act: &Act, numbers: &[u64]) -> Vec<Rehearsed> {
        let now = self.0.world.now();
        self.read(|estate| numbers.iter().map(|number| one(estate, *number, act, user, now)).collect()).await
    }
}

fn one(estate: &Estate, number: u64, act: &Act, user: &User, now: Timestamp) -> Rehearsed {
    let Some(ticket) = estate.tickets.get(&number) else {
        return Rehearsed { number, ticket: None, is_production: false, verdict: Err(super::no_such(number)) };
    };
    let directory = Directory { org: &estate.source.org, groups: &estate.source.groups };
    let verdict = act.apply(ticket, ticket.version, directory, user, now);
    Rehearsed {
        number,
        is_production: ticket.service.as_ref().is_some_and(|path| estate.is_production(path)),
        verdict: verdict.map(|done| (done.acted_as, done.grant)),
        ticket: Some(ticket.clone()),
    }
}
