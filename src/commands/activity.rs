//! `activity [--follow]`.

use serde_json::{Value, json};

use super::{
    Invocation, Trouble,
    stream::{self, Follower},
    ticket,
};
use crate::{
    cli::{ActivityArgs, Format},
    domain::{
        change::{Change, Fact},
        estate::Snapshot,
        health::Status,
    },
    print::{
        Cell, Sheet, Tone, column,
        time::{bytes, percent, rfc3339},
        wide,
    },
};

/// Past changes, newest last; with --follow also those to come.
///
/// # Errors
/// What the client says.
pub async fn run(run: &Invocation, args: ActivityArgs) -> Result<(), Trouble> {
    let signed = run.signed_in().await?;
    // Taken first: what happens between it and the list is told by the stream.
    let snapshot = if args.follow { Some(signed.client.snapshot().await?) } else { None };
    let mut past = signed.client.activity(args.limit).await?;
    past.sort_by_key(|c| c.seq);
    run.keep_renewed(&signed).await?;
    let Some(snapshot) = snapshot else {
        return run.print(&sheet(&past));
    };
    past.retain(|c| c.seq <= snapshot.seq);
    for change in &past {
        print_one(run, change)?;
    }
    stream::follow(run, &signed, snapshot.epoch, snapshot.seq, &mut Told(run)).await
}

/// Every change is told as it comes.
struct Told<'a>(&'a Invocation);

impl Follower for Told<'_> {
    fn change(&mut self, change: &Change) -> Result<(), Trouble> {
        print_one(self.0, change)
    }

    fn anew(&mut self, _snapshot: Snapshot) -> Result<(), Trouble> {
        Ok(())
    }
}

/// One change a line: text for people, one JSON object for programs.
fn print_one(run: &Invocation, change: &Change) -> Result<(), Trouble> {
    match run.printer.format() {
        Format::Json => {
            let mut value = dto(change);
            value["version"] = 1.into();
            stream::write_line(run, &value.to_string())
        }
        Format::Name => stream::write_line(run, &change.seq.to_string()),
        _ => run.print(&stream::one_row(sheet(std::slice::from_ref(change)))),
    }
}

fn sheet(changes: &[Change]) -> Sheet {
    Sheet {
        kind: "changes",
        json: changes.iter().map(dto).collect(),
        columns: vec![column("TIME"), wide("SEQ"), column("WHO"), wide("KIND"), column("WHAT")],
        rows: changes
            .iter()
            .map(|change| {
                vec![
                    Cell::toned(rfc3339(change.at), Tone::Dim),
                    change.seq.to_string().into(),
                    change.actor.name().into(),
                    change.fact.word().into(),
                    Cell::toned(sentence(change), tone(&change.fact)),
                ]
            })
            .collect(),
        names: changes.iter().map(|c| c.seq.to_string()).collect(),
        when_empty: "nothing has changed yet",
        ..Sheet::default()
    }
}

fn dto(change: &Change) -> Value {
    json!({
        "seq": change.seq.to_string(), "at": rfc3339(change.at), "actor": change.actor.name(),
        "kind": change.fact.word(), "service": change.fact.service().map(|p| p.as_str()),
        "what": sentence(change),
        "ticket": match &change.fact { Fact::TicketChanged { ticket, .. } => Some(ticket.number), _ => None },
        "status": match &change.fact { Fact::HealthChanged { health, .. } => Some(health.status.word()), _ => None },
    })
}

const fn tone(fact: &Fact) -> Tone {
    match fact {
        Fact::HealthChanged { health, .. } => match health.status {
            Status::Operational => Tone::Good,
            Status::Degraded => Tone::Warn,
            Status::Down => Tone::Bad,
            Status::Unknown => Tone::Unsure,
            Status::Maintenance => Tone::Dim,
        },
        _ => Tone::Plain,
    }
}

/// A change in words.
pub fn sentence(change: &Change) -> String {
    match &change.fact {
        Fact::ServiceDeclared(service) => format!("{} is described by {}", service.path, service.origin.word()),
        Fact::ServiceRetired(path) => format!("{path} is no longer declared"),
        Fact::HealthChanged { path, was, health } => {
            let silent = if health.silence.is_some() { ", silent" } else { "" };
            let said = if health.message.is_empty() { String::new() } else { format!(": {}", health.message) };
            if *was == health.status {
                return format!("{path} is still {}{silent}{said}", health.status.word());
            }
            format!("{path} went from {} to {}{silent}{said}", was.word(), health.status.word())
        }
        Fact::StorageChanged { path, storage } => {
            format!(
                "{path} uses {} of {} ({})",
                bytes(storage.used_bytes),
                bytes(storage.allocated_bytes),
                storage.state().word()
            )
        }
        Fact::BackupChanged { path, backup } => {
            let outcome = backup.last_report.map_or("no report", |(_, outcome)| outcome.word());
            format!("{path} backup: {outcome}")
        }
        Fact::TicketChanged { ticket, entry } => {
            format!("#{} {}: {}", ticket.number, ticket.title, ticket::entry_sentence(entry))
        }
        Fact::BudgetChanged(group) => {
            let uptime = group.budget.uptime_millionths.map_or_else(|| "no data".to_owned(), percent);
            format!("{} is {}, uptime {uptime}", group.name, group.budget.state.word())
        }
        Fact::BudgetRemoved(name) => format!("{name} is no longer promised"),
        Fact::WindowChanged(window) => {
            let what = if window.stopped.is_some() { "stopped" } else { "opened" };
            format!("window {} for the {} was {what}: {}", window.id, window.scope, window.reason)
        }
        Fact::ProblemHandled(handled) => match handled.handling.until() {
            None => format!("{} was acknowledged while {}", handled.subject, handled.reason.words()),
            Some(until) => {
                format!("{} was snoozed until {} while {}", handled.subject, rfc3339(until), handled.reason.words())
            }
        },
        Fact::HandlingLapsed { subject, why, .. } => {
            format!("what was said about {subject} no longer holds: {}", why.word())
        }
        Fact::ReceiversChanged(failing) if failing.is_empty() => "every receiver takes what it is told".to_owned(),
        Fact::ReceiversChanged(failing) => {
            let names: Vec<&str> = failing.iter().map(|r| r.name.as_str()).collect();
            format!("not told: {}", names.join(", "))
        }
        Fact::SourceRead(source) => match &source.rejected {
            Some(why) => format!("the repository was rejected: {why}"),
            None => format!(
                "the repository was read: {} files, {} errors, {} warnings",
                source.files, source.errors, source.warnings
            ),
        },
    }
}
