//! A second person: signs in like anybody, opens tickets from the catalog, asks for news, and confirms what was
//! resolved for her. Everything goes over the published API.

use std::collections::BTreeMap;

use secrecy::SecretString;
use tokio::sync::mpsc;
use url::Url;

use crate::{
    client::{ApiError, Client, Connection, StreamEvent, Writer},
    domain::{
        access::User,
        change::Fact,
        detail::NewTicket,
        estate::Estate,
        hierarchy::ServicePath,
        tickets::{Ticket, TicketStatus},
        time::{MINUTE, SECOND, Timestamp},
    },
    world::World,
};

/// No more live tickets of her own than this.
const AT_ONCE: usize = 6;
/// Opened as the curtain rises.
const AT_START: usize = 4;
const OPEN_EVERY_MS: i64 = 150 * SECOND;
const CONFIRM_AFTER_MS: i64 = 8 * SECOND;
const ASK_AFTER_MS: i64 = 2 * MINUTE;

/// What she may ask for: item, title, description, service.
const WISHES: &[(&str, &str, &str, &str)] = &[
    (
        "payment_failures",
        "Card payments in Austria are declined",
        "Support counts eleven calls since the top of the hour, all with cards of one issuer.\nGuest checkout shows \"try again later\".",
        "meridian/commerce/prod/eu-1/payment-api",
    ),
    (
        "storage_expand",
        "Payments database runs full",
        "The dashboard says 98 %. We import the settlement files at six.",
        "meridian/commerce/prod/eu-1/postgres-payments",
    ),
    (
        "access_grant",
        "Read access to the ledger for the audit",
        "For two weeks, account auditor.",
        "meridian/commerce/prod/eu-1/postgres-ledger",
    ),
    (
        "firewall_rule",
        "Open 443 from the warehouse to label-service",
        "Source 10.40.0.0/16, one target, TCP only.",
        "meridian/commerce/prod/eu-1/label-service",
    ),
    (
        "degraded_performance",
        "Search is slow since the catalog import",
        "Two of three queries take longer than a second.",
        "meridian/commerce/prod/eu-1/search-api",
    ),
    (
        "dns_record",
        "CNAME for the new returns portal",
        "returns.meridian.example to the storefront ingress.",
        "meridian/commerce/prod/eu-1/storefront",
    ),
    (
        "data_export",
        "Orders of last quarter by country",
        "Totals only, no personal data.",
        "meridian/core/prod/eu-2/clickhouse",
    ),
    (
        "certificate_renewal",
        "Certificate of the bank SFTP ends soon",
        "It ends in twelve days, the bank wants the new key a week before.",
        "meridian/core/prod/metal-1/sftp-bank",
    ),
];

/// Something to do later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Errand {
    Open(usize),
    Ask(u64),
    Confirm(u64),
}

/// Work until aborted. What goes wrong is logged: she is a guest, and the demonstration goes on without her.
pub async fn work(url: Url, password: SecretString, world: World) {
    let connection = Connection { url, token: None, timeout_ms: 10_000, read_only: false, ca_file: None };
    if let Err(error) = days_work(connection, &password, world).await {
        tracing::warn!(%error, "the simulated requester went home");
    }
}

async fn days_work(connection: Connection, password: &SecretString, world: World) -> Result<(), ApiError> {
    let client = Client::new(connection, world.clone())?;
    let me = client.login("requester", password, None).await?.user;
    let Some(writer) = client.writer() else {
        return Ok(());
    };
    let start = world.now();
    let mut agenda: BTreeMap<(Timestamp, u64), Errand> = BTreeMap::new();
    let mut count = 0;
    for index in 0..AT_START {
        plan(&mut agenda, &mut count, start.plus(i64::try_from(index).unwrap_or(0)), Errand::Open(index));
    }
    loop {
        let snapshot = client.snapshot().await?;
        let mut estate = snapshot.estate;
        let mut events = client.changes(snapshot.epoch, snapshot.seq);
        while let Some(next) = wait(&mut events, agenda.keys().next().map(|(at, _)| *at), &world).await {
            let now = world.now();
            match next {
                Next::Heard(StreamEvent::Change(change)) => {
                    estate.apply(&change);
                    if let Fact::TicketChanged { ticket, .. } = &change.fact
                        && let Some((after, errand)) = reaction(ticket, &me)
                    {
                        plan(&mut agenda, &mut count, now.plus(after), errand);
                    }
                }
                Next::Heard(_) => {}
                Next::Due => {
                    let Some((_, errand)) = agenda.pop_first() else { continue };
                    if let Err(error) = run(errand, &writer, &client, &estate, &me, &world).await {
                        tracing::info!(?errand, %error, "an errand of the simulated requester was refused");
                    }
                    if let Errand::Open(index) = errand {
                        // Those of the start hand over to one steady series.
                        if index + 1 >= AT_START {
                            plan(&mut agenda, &mut count, now.plus(OPEN_EVERY_MS), Errand::Open(index + 1));
                        }
                    }
                }
            }
        }
        // The stream asked for a new snapshot.
        world.sleep(SECOND).await;
    }
}

enum Next {
    Heard(StreamEvent),
    Due,
}

/// The next event or the next errand; none when the stream has ended.
async fn wait(events: &mut mpsc::Receiver<StreamEvent>, due: Option<Timestamp>, world: &World) -> Option<Next> {
    tokio::select! {
        event = events.recv() => event.map(Next::Heard),
        () = async {
            match due {
                Some(at) => world.sleep_until(at).await,
                None => std::future::pending().await,
            }
        } => Some(Next::Due),
    }
}

fn plan(agenda: &mut BTreeMap<(Timestamp, u64), Errand>, count: &mut u64, at: Timestamp, errand: Errand) {
    if !agenda.values().any(|planned| *planned == errand) {
        *count += 1;
        agenda.insert((at, *count), errand);
    }
}

/// What she does about a change of her own ticket, and after how long.
fn reaction(ticket: &Ticket, me: &User) -> Option<(i64, Errand)> {
    if !ticket.is_requested_by(&me.id) {
        return None;
    }
    match ticket.status {
        TicketStatus::Resolved => Some((CONFIRM_AFTER_MS, Errand::Confirm(ticket.number))),
        TicketStatus::Open if ticket.comments == 0 => Some((ASK_AFTER_MS, Errand::Ask(ticket.number))),
        _ => None,
    }
}

async fn run(
    errand: Errand,
    writer: &Writer,
    client: &Client,
    estate: &Estate,
    me: &User,
    world: &World,
) -> Result<(), ApiError> {
    let key = world.id();
    match errand {
        Errand::Open(index) => {
            let live = estate.tickets.values().filter(|t| t.is_live() && t.is_requested_by(&me.id)).count();
            if live < AT_ONCE {
                writer.create_ticket(wish(index), key).await?;
            }
        }
        Errand::Ask(number) => {
            if estate.tickets.get(&number).is_some_and(|t| t.status == TicketStatus::Open && t.comments == 0) {
                writer.comment_ticket(number, "Is somebody on this? Our customers are asking.".to_owned(), key).await?;
            }
        }
        Errand::Confirm(number) => {
            let ticket = client.ticket(number).await?.ticket;
            if ticket.status == TicketStatus::Resolved {
                let thanks = "Works again, thank you.".to_owned();
                writer.move_ticket(number, TicketStatus::Closed, ticket.version, thanks, key).await?;
            }
        }
    }
    Ok(())
}

fn wish(index: usize) -> NewTicket {
    let (item, title, description, service) = WISHES[index % WISHES.len()];
    NewTicket {
        item: Some(item.to_owned()),
        title: title.to_owned(),
        description: description.to_owned(),
        service: ServicePath::parse(service).ok(),
        priority: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wish_names_an_item_and_a_service_of_the_example() {
        let all = crate::demo::example::files().into_values().collect::<String>();
        for (item, _, _, service) in WISHES {
            assert!(all.contains(&format!("name: {item}")), "{item} is not in the catalog");
            assert!(
                all.contains(service) || all.contains(service.rsplit('/').next().unwrap()),
                "{service} is not declared"
            );
        }
    }

    #[test]
    fn an_errand_is_planned_once_however_often_its_cause_is_heard() {
        let (mut agenda, mut count) = (BTreeMap::new(), 0);
        for at in 0..3 {
            plan(&mut agenda, &mut count, Timestamp::from_ms(at), Errand::Confirm(7));
        }
        plan(&mut agenda, &mut count, Timestamp::from_ms(0), Errand::Confirm(8));
        assert_eq!(agenda.len(), 2);
    }
}
