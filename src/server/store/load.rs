//! Everything that was true when the core last ran.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use futures_util::TryStreamExt;
use sqlx::FromRow;

use super::{
    Store,
    encoding::from_text,
    idempotency::Writes,
    promises::Promises,
    settled::{Settled, Unsettled},
    telling::Told,
};
use crate::domain::{
    access::{Level, User, UserId},
    attention::{
        Handled, ProblemKey,
        telling::{Episode, FailingReceiver},
    },
    change::Seq,
    estate::SourceSummary,
    gitops::{State, drift::Heard},
    health::{Backup, Health, Service, Services, Silence, Status, Storage, late::Gaps},
    hierarchy::ServicePath,
    sla::{DeclaredGroup, RetiredGroup, Timeline},
    tickets::{Entry, EntryKind, Ticket, TicketStatus, automatic::Folded},
    time::{DAY, Timestamp},
};

/// How far back lines are kept in memory, in milliseconds.
pub const LINE_KEPT_MS: i64 = 400 * DAY;
/// How long a closed ticket stays in the estate, in milliseconds.
pub const CLOSED_KEPT_MS: i64 = 30 * DAY;

/// An account with what its password is checked against.
#[derive(Clone, Debug)]
pub struct Account {
    /// Who.
    pub user: User,
    /// PHC string.
    pub password_hash: String,
}

/// A refresh token by what is kept of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// All tokens that came from one login.
    pub family: String,
    /// Whose.
    pub user: UserId,
    /// When it ends.
    pub expires: Timestamp,
    /// Used or revoked.
    pub used: bool,
}

/// When somebody belonged to a group; no end: still does.
pub type Belonged = Vec<(Timestamp, Option<Timestamp>)>;
/// Who belonged to a group when.
pub type Membership = BTreeMap<ServicePath, Belonged>;

/// What the store holds.
#[derive(Default)]
pub struct Loaded {
    /// Names the log; empty in a new database.
    pub epoch: String,
    /// Whether a made-up past was ever written.
    pub simulated: bool,
    /// The newest change.
    pub seq: Seq,
    /// Services in the tree.
    pub services: Services,
    /// What was declared once and is not any more, as it was last.
    pub retired: Services,
    /// Up to where the store is in order.
    pub settled: Settled,
    /// Services whose health is only in the log.
    pub unsettled: Unsettled,
    /// Row ids, of retired ones too.
    pub ids: HashMap<ServicePath, i64>,
    /// The newest change point.
    pub last_history: i64,
    /// Status lines of the last 400 days, of retired ones too.
    pub lines: HashMap<ServicePath, Timeline>,
    /// Times in which nobody spoke of a service, of those that have any.
    pub gaps: HashMap<ServicePath, Gaps>,
    /// By group, then service.
    pub memberships: BTreeMap<String, Arc<Membership>>,
    /// Live ones and those closed in the last 30 days.
    pub tickets: BTreeMap<u64, Ticket>,
    /// The newest ticket of all.
    pub last_ticket: u64,
    /// How long the history of each ticket in `tickets` is.
    pub entries: HashMap<u64, u32>,
    /// When each RESOLVED ticket became so.
    pub resolved: HashMap<u64, Timestamp>,
    /// Services whose trouble is told in the ticket of another one.
    pub folded: BTreeMap<ServicePath, Folded>,
    /// Automatic tickets whose last word is that it works again; none: from before that was written down.
    pub recovered: Option<BTreeSet<u64>>,
    /// Services of whose silence nobody is told yet.
    pub awaited: BTreeSet<ServicePath>,
    /// Writes to be known again.
    pub writes: Writes,
    /// By id.
    pub accounts: BTreeMap<UserId, Account>,
    /// By hash.
    pub tokens: HashMap<String, Token>,
    /// What was last accepted from the repository.
    pub source: SourceSummary,
    /// SLA groups as last accepted.
    pub groups: BTreeMap<String, DeclaredGroup>,
    /// SLA groups that are not declared any more, as long as their results can be corrected.
    pub retired_groups: BTreeMap<String, RetiredGroup>,
    /// What is declared and in force.
    pub state: State,
    /// The newest reconciliation.
    pub last_reconciled: i64,
    /// Windows and results.
    pub promises: Promises,
    /// Problems that somebody acknowledged or snoozed.
    pub handled: BTreeMap<ProblemKey, Handled>,
    /// Receivers that do not take what they are told.
    pub failing_receivers: Vec<FailingReceiver>,
    /// What was told as begun and not yet as ended.
    pub episodes: BTreeMap<Episode, Told>,
    /// What reporters said services are.
    pub heard: BTreeMap<ServicePath, Heard>,
}

#[derive(FromRow)]
struct ServiceColumns {
    id: i64,
    path: String,
    description: String,
    seq: i64,
    retired_at: Option<i64>,
    seen: Option<i64>,
    storage: Option<String>,
    backup: Option<String>,
}

#[derive(FromRow)]
struct HealthColumns {
    service_id: i64,
    seq: i64,
    status: String,
    message: String,
    reporter: String,
    since: i64,
    seen: Option<i64>,
    ready: Option<i64>,
    wanted: Option<i64>,
    every_ms: i64,
    assumed: i64,
    silent_from: Option<i64>,
    last_known: Option<String>,
}

impl Store {
    /// Read everything that is live at `now`.
    ///
    /// # Errors
    /// What the database said, or which row cannot be read.
    pub async fn load(&self, now: Timestamp) -> Result<Loaded, String> {
        let mut loaded = Loaded::default();
        self.load_meta(&mut loaded).await?;
        self.load_settled(&mut loaded).await?;
        let (described, paths) = self.load_services(&mut loaded).await?;
        self.load_lines(&mut loaded, &paths, now).await?;
        self.load_gaps(&mut loaded, &paths).await?;
        self.load_health(&mut loaded, &paths, &described).await?;
        self.load_unsettled(&mut loaded, &described).await?;
        self.load_memberships(&mut loaded, &paths).await?;
        self.load_tickets(&mut loaded, now).await?;
        self.load_access(&mut loaded).await?;
        self.load_declared(&mut loaded).await?;
        loaded.promises = self.load_promises(now).await?;
        loaded.handled = self.load_attention().await?;
        loaded.writes = self.load_writes(now).await?;
        loaded.episodes = self.load_episodes().await?;
        Ok(loaded)
    }

    async fn load_meta(&self, loaded: &mut Loaded) -> Result<(), String> {
        let rows: Vec<(String, String)> =
            sqlx::query_as("SELECT name, value FROM meta").fetch_all(&self.readers).await.map_err(said)?;
        for (name, value) in rows {
            match name.as_str() {
                "epoch" => loaded.epoch = value,
                "simulated" => loaded.simulated = value == "yes",
                "source" => loaded.source = from_text(&value).map_err(|e| format!("meta source: {e}"))?,
                "failing_receivers" => {
                    loaded.failing_receivers = from_text(&value).map_err(|e| format!("meta failing_receivers: {e}"))?;
                }
                "sla_groups" => loaded.groups = from_text(&value).map_err(|e| format!("meta sla_groups: {e}"))?,
                "retired_groups" => {
                    loaded.retired_groups = from_text(&value).map_err(|e| format!("meta retired_groups: {e}"))?;
                }
                "folded" => {
                    let by_path: BTreeMap<String, Folded> =
                        from_text(&value).map_err(|e| format!("meta folded: {e}"))?;
                    for (path, folded) in by_path {
                        loaded.folded.insert(ServicePath::parse(&path)?, folded);
                    }
                }
                "awaited" => {
                    let paths: Vec<ServicePath> = from_text(&value).map_err(|e| format!("meta awaited: {e}"))?;
                    loaded.awaited = paths.into_iter().collect();
                }
                "recovered" => {
                    let numbers: Vec<u64> = from_text(&value).map_err(|e| format!("meta recovered: {e}"))?;
                    loaded.recovered = Some(numbers.into_iter().collect());
                }
                _ => {}
            }
        }
        let seq: Option<i64> =
            sqlx::query_scalar("SELECT MAX(seq) FROM change_log").fetch_one(&self.readers).await.map_err(said)?;
        loaded.seq = Seq(unsigned(seq.unwrap_or(0)));
        Ok(())
    }

    /// Services as described; answers the seq of each description and the path of each row.
    async fn load_services(
        &self,
        loaded: &mut Loaded,
    ) -> Result<(HashMap<i64, i64>, HashMap<i64, ServicePath>), String> {
        let rows: Vec<ServiceColumns> = sqlx::query_as(
            "SELECT s.id, s.path, s.description, s.seq, s.retired_at, l.at AS seen, t.body AS storage, b.body AS backup \
             FROM service s LEFT JOIN last_seen l ON l.service_id = s.id LEFT JOIN storage t ON t.service_id = s.id \
             LEFT JOIN backup b ON b.service_id = s.id",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(said)?;
        let mut described = HashMap::with_capacity(rows.len());
        let mut paths = HashMap::with_capacity(rows.len());
        for row in rows {
            let broken = |e: String| format!("service {}: {e}", row.path);
            let path = ServicePath::parse(&row.path).map_err(broken)?;
            described.insert(row.id, row.seq);
            paths.insert(row.id, path.clone());
            loaded.ids.insert(path.clone(), row.id);
            let mut service: Service = from_text(&row.description).map_err(broken)?;
            service.storage = row.storage.as_deref().map(from_text::<Storage>).transpose().map_err(broken)?;
            if let Some(backup) = row.backup.as_deref().map(from_text::<Backup>).transpose().map_err(broken)? {
                service.backup = Some(backup);
            }
            service.health.last_seen = service.health.last_seen.max(row.seen.map(Timestamp::from_ms));
            if row.retired_at.is_some() {
                loaded.retired.insert(service);
            } else {
                loaded.services.insert(service);
            }
        }
        Ok((described, paths))
    }

    /// Lines of the last 400 days, each with the point in force at their beginning. Points are placed in the order in
    /// which they were, so that the line is the one the last core had.
    async fn load_lines(
        &self,
        loaded: &mut Loaded,
        paths: &HashMap<i64, ServicePath>,
        now: Timestamp,
    ) -> Result<(), String> {
        let mut lines: HashMap<i64, Timeline> = HashMap::new();
        let mut rows = sqlx::query_as::<_, (i64, i64, i64, i64)>(
            "SELECT id, service_id, at, status FROM status_history ORDER BY id",
        )
        .fetch(&self.readers);
        while let Some((id, service, at, number)) = rows.try_next().await.map_err(said)? {
            loaded.last_history = loaded.last_history.max(id);
            lines.entry(service).or_default().push(Timestamp::from_ms(at), status_numbered(number)?);
        }
        drop(rows);
        for (id, mut line) in lines {
            line.trim(now.plus(-LINE_KEPT_MS));
            if let Some(path) = paths.get(&id) {
                loaded.lines.insert(path.clone(), line);
            }
        }
        Ok(())
    }

    /// Times in which nobody spoke.
    async fn load_gaps(&self, loaded: &mut Loaded, paths: &HashMap<i64, ServicePath>) -> Result<(), String> {
        let rows: Vec<(i64, i64, i64)> = sqlx::query_as("SELECT service_id, last, next FROM report_gap")
            .fetch_all(&self.readers)
            .await
            .map_err(said)?;
        for (id, last, next) in rows {
            if let Some(path) = paths.get(&id) {
                let gaps = loaded.gaps.entry(path.clone()).or_default();
                gaps.apply((Timestamp::from_ms(last), Some(Timestamp::from_ms(next))));
            }
        }
        Ok(())
    }

    /// How each service was when that was last written down, unless its description was written later.
    async fn load_health(
        &self,
        loaded: &mut Loaded,
        paths: &HashMap<i64, ServicePath>,
        described: &HashMap<i64, i64>,
    ) -> Result<(), String> {
        let rows: Vec<HealthColumns> = sqlx::query_as(
            "SELECT service_id, seq, status, message, reporter, since, seen, ready, wanted, every_ms, assumed, \
             silent_from, last_known FROM health",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(said)?;
        for row in rows {
            let Some(service) = paths.get(&row.service_id).and_then(|path| loaded.services.get_mut(path)) else {
                continue;
            };
            if described.get(&row.service_id).is_some_and(|seq| *seq > row.seq) {
                continue;
            }
            let seen = service.health.last_seen;
            service.health = health(row)?;
            service.health.last_seen = service.health.last_seen.max(seen);
        }
        Ok(())
    }

    async fn load_memberships(&self, loaded: &mut Loaded, paths: &HashMap<i64, ServicePath>) -> Result<(), String> {
        let rows: Vec<(String, i64, i64, Option<i64>)> = sqlx::query_as(
            "SELECT sla_group, service_id, from_at, to_at FROM membership ORDER BY sla_group, service_id, from_at",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(said)?;
        for (group, id, from, to) in rows {
            if let Some(path) = paths.get(&id) {
                let members = Arc::make_mut(loaded.memberships.entry(group).or_default());
                let times = members.entry(path.clone()).or_default();
                times.push((Timestamp::from_ms(from), to.map(Timestamp::from_ms)));
            }
        }
        Ok(())
    }

    async fn load_tickets(&self, loaded: &mut Loaded, now: Timestamp) -> Result<(), String> {
        let since = now.plus(-CLOSED_KEPT_MS).ms();
        let rows: Vec<(i64, String, i64)> = sqlx::query_as(
            "SELECT t.number, t.body, COUNT(e.place) FROM ticket t LEFT JOIN ticket_entry e ON e.number = t.number \
             WHERE t.live = 1 OR t.updated_at >= $1 GROUP BY t.number, t.body",
        )
        .bind(since)
        .fetch_all(&self.readers)
        .await
        .map_err(said)?;
        for (number, body, entries) in rows {
            let ticket: Ticket = from_text(&body).map_err(|e| format!("ticket {number}: {e}"))?;
            loaded.entries.insert(ticket.number, u32::try_from(entries).unwrap_or(u32::MAX));
            if ticket.status == TicketStatus::Resolved {
                let at = self.resolved_at(number).await?.unwrap_or(ticket.updated_at);
                loaded.resolved.insert(ticket.number, at);
            }
            loaded.tickets.insert(ticket.number, ticket);
        }
        let last: Option<i64> =
            sqlx::query_scalar("SELECT MAX(number) FROM ticket").fetch_one(&self.readers).await.map_err(said)?;
        loaded.last_ticket = unsigned(last.unwrap_or(0));
        Ok(())
    }

    /// When a ticket last became RESOLVED.
    async fn resolved_at(&self, number: i64) -> Result<Option<Timestamp>, String> {
        let bodies: Vec<String> =
            sqlx::query_scalar("SELECT body FROM ticket_entry WHERE number = $1 ORDER BY place DESC")
                .bind(number)
                .fetch_all(&self.readers)
                .await
                .map_err(said)?;
        for body in bodies {
            let entry: Entry = from_text(&body).map_err(|e| format!("history of ticket {number}: {e}"))?;
            if matches!(entry.kind, EntryKind::Moved { to: TicketStatus::Resolved, .. }) {
                return Ok(Some(entry.at));
            }
        }
        Ok(None)
    }

    async fn load_access(&self, loaded: &mut Loaded) -> Result<(), String> {
        let rows: Vec<(String, String, String, String, String, i64)> =
            sqlx::query_as("SELECT id, name, email, password_hash, level, superadmin FROM user_account")
                .fetch_all(&self.readers)
                .await
                .map_err(said)?;
        for (id, name, email, password_hash, level, superadmin) in rows {
            let level = Level::from_group(&level).ok_or_else(|| format!("account {name}: `{level}` is no level"))?;
            let id = UserId(id);
            let user = User { id: id.clone(), name, email, level, superadmin: superadmin != 0, read_only: false };
            loaded.accounts.insert(id, Account { user, password_hash });
        }
        let rows: Vec<(String, String, String, i64, i64)> =
            sqlx::query_as("SELECT hash, family, user_id, expires, used FROM refresh_token")
                .fetch_all(&self.readers)
                .await
                .map_err(said)?;
        for (hash, family, user, expires, used) in rows {
            let token = Token { family, user: UserId(user), expires: Timestamp::from_ms(expires), used: used != 0 };
            loaded.tokens.insert(hash, token);
        }
        Ok(())
    }
}

fn health(row: HealthColumns) -> Result<Health, String> {
    let silence = match (row.silent_from, row.last_known.as_deref()) {
        (Some(from), Some(word)) => Some(Silence { from: Timestamp::from_ms(from), last_known: status(word)? }),
        _ => None,
    };
    let count = |n: i64| u32::try_from(n).unwrap_or(0);
    Ok(Health {
        status: status(&row.status)?,
        since: Timestamp::from_ms(row.since),
        last_seen: row.seen.map(Timestamp::from_ms),
        message: row.message,
        replicas: row.ready.zip(row.wanted).map(|(ready, wanted)| (count(ready), count(wanted))),
        reporter: row.reporter,
        every_ms: row.every_ms,
        every_is_assumed: row.assumed != 0,
        silence,
    })
}

/// The numbers that history has statuses by; they are on disk.
const NUMBERED: [Status; 5] =
    [Status::Operational, Status::Maintenance, Status::Unknown, Status::Degraded, Status::Down];

/// The number of a status in history.
pub fn status_number(status: Status) -> i64 {
    (0..).zip(NUMBERED).find(|(_, numbered)| *numbered == status).map_or(2, |(number, _)| number)
}

fn status_numbered(number: i64) -> Result<Status, String> {
    let found = usize::try_from(number).ok().and_then(|index| NUMBERED.get(index).copied());
    found.ok_or_else(|| format!("{number} is the number of no status"))
}

fn status(word: &str) -> Result<Status, String> {
    Status::parse(word).ok_or_else(|| format!("`{word}` is no status"))
}

pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

pub(super) fn said(error: sqlx::Error) -> String {
    error.to_string()
}
