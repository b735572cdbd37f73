//! Changes of the log, out of the stream or the activity query.

use std::sync::Arc;

use serde::{Deserialize, de::Error as _};
use serde_json::value::RawValue;

use super::{
    At, Digits, Line, Path, Word,
    attention::{HandledShape, LapseFact, ReceiversFact},
    gitops::SourceShape,
    health::{BackupShape, HealthShape, ServiceShape, StorageShape},
    sla::GroupShape,
    tickets::{ActorShape, EntryShape, TicketShape},
    windows::WindowShape,
};
use crate::domain::{
    change::{Change, Fact, Seq},
    health::Status,
};

/// One change as published. Its `kind` says how `fact` reads.
#[derive(Deserialize)]
pub struct ChangeShape {
    seq: Digits,
    at: At,
    actor: ActorShape,
    kind: Line,
    fact: Box<RawValue>,
}

#[derive(Deserialize)]
struct HealthFact {
    path: Path,
    was: Word<Status>,
    health: HealthShape,
}

#[derive(Deserialize)]
struct StorageFact {
    path: Path,
    storage: StorageShape,
}

#[derive(Deserialize)]
struct BackupFact {
    path: Path,
    backup: BackupShape,
}

#[derive(Deserialize)]
struct TicketFact {
    ticket: TicketShape,
    entry: EntryShape,
}

#[derive(Deserialize)]
struct PathFact {
    path: Path,
}

#[derive(Deserialize)]
struct NameFact {
    name: Line,
}

impl ChangeShape {
    /// The change, or why it cannot be read. A kind that this program does not know is an error: a replica that
    /// skipped it would be wrong without saying so.
    pub fn read(self) -> Result<Change, serde_json::Error> {
        let fact = fact(&self.kind.0, self.fact.get())?;
        Ok(Change { seq: Seq(self.seq.0), at: self.at.0, actor: self.actor.into(), fact })
    }
}

fn fact(kind: &str, text: &str) -> Result<Fact, serde_json::Error> {
    Ok(match kind {
        "service_declared" => Fact::ServiceDeclared(Arc::new(parse::<ServiceShape>(text)?.into())),
        "service_retired" => Fact::ServiceRetired(parse::<PathFact>(text)?.path.0),
        "health_changed" => {
            let f: HealthFact = parse(text)?;
            Fact::HealthChanged { path: f.path.0, was: f.was.0, health: f.health.into() }
        }
        "storage_changed" => {
            let f: StorageFact = parse(text)?;
            Fact::StorageChanged { path: f.path.0, storage: f.storage.into() }
        }
        "backup_changed" => {
            let f: BackupFact = parse(text)?;
            Fact::BackupChanged { path: f.path.0, backup: f.backup.into() }
        }
        "ticket_changed" => {
            let f: TicketFact = parse(text)?;
            Fact::TicketChanged { ticket: Box::new(f.ticket.into()), entry: Box::new(f.entry.0) }
        }
        "budget_changed" => Fact::BudgetChanged(Box::new(parse::<GroupShape>(text)?.into())),
        "budget_removed" => Fact::BudgetRemoved(parse::<NameFact>(text)?.name.0),
        "window_changed" => Fact::WindowChanged(Box::new(parse::<WindowShape>(text)?.0)),
        "problem_handled" => Fact::ProblemHandled(Box::new(parse::<HandledShape>(text)?.into())),
        "handling_lapsed" => parse::<LapseFact>(text)?.into(),
        "receivers_changed" => parse::<ReceiversFact>(text)?.into(),
        "source_read" => Fact::SourceRead(Box::new(parse::<SourceShape>(text)?.into())),
        other => return Err(serde_json::Error::custom(format!("unknown kind of change `{other}`"))),
    })
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, serde_json::Error> {
    serde_json::from_str(text)
}
