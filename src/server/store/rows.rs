//! What one batch writes: collected in memory, saved in one transaction with few statements.

use std::{collections::BTreeMap, mem::take, sync::Arc};

use super::{
    attention::AttentionRows,
    declared::{DeclaredRow, ReconciledRow},
    idempotency::{self, IdempotencyRows},
    promises::PromiseRows,
    retention::Forget,
    script::{Row, Script, parted},
    settled::Settled,
    telling::TellingRows,
};

/// A point that changes the line of a service.
pub struct PointRow {
    /// Place among all points.
    pub id: i64,
    /// Which service.
    pub service: i64,
    /// From when on.
    pub at: i64,
    /// Number.
    pub status: i64,
    /// What the reporter said, cleaned.
    pub message: String,
}

/// How a service is now.
pub struct HealthRow {
    /// The newest change when it was written.
    pub seq: i64,
    /// Word.
    pub status: &'static str,
    /// Cleaned.
    pub message: String,
    /// Name.
    pub reporter: String,
    /// Since when it has had this status.
    pub since: i64,
    /// When it was last reported.
    pub seen: Option<i64>,
    /// Ready and wanted.
    pub replicas: Option<(u32, u32)>,
    /// Expected interval.
    pub every_ms: i64,
    /// Whether that is assumed.
    pub assumed: bool,
    /// From when on it is silent, and the word of what it was before.
    pub silence: Option<(i64, &'static str)>,
}

/// A service as described.
pub struct ServiceRow {
    /// Path.
    pub path: String,
    /// JSON.
    pub description: String,
    /// The newest change when it was written.
    pub seq: i64,
    /// When the core first knew of it.
    pub first_seen: i64,
    /// When it went out of the tree.
    pub retired_at: Option<i64>,
}

/// A place in the log.
pub struct ChangeRow {
    /// Place.
    pub seq: i64,
    /// When.
    pub at: i64,
    /// JSON.
    pub actor: String,
    /// JSON.
    pub fact: String,
}

/// A ticket as it is.
pub struct TicketRow {
    /// Its version.
    pub version: i64,
    /// Anything but CLOSED.
    pub live: bool,
    /// When anything last changed.
    pub updated_at: i64,
    /// JSON.
    pub body: String,
}

/// A line of a ticket's history.
pub struct EntryRow {
    /// Ticket.
    pub number: i64,
    /// Index in its history.
    pub place: i64,
    /// When.
    pub at: i64,
    /// JSON.
    pub body: String,
}

/// A refresh token.
pub struct TokenRow {
    /// All tokens that came from one login.
    pub family: String,
    /// Whose.
    pub user: String,
    /// When it ends.
    pub expires: i64,
    /// Used or revoked.
    pub used: bool,
}

/// An account.
pub struct UserRow {
    /// Identity.
    pub id: String,
    /// Login name.
    pub name: String,
    /// May be empty.
    pub email: String,
    /// PHC string.
    pub password_hash: String,
    /// Name of the built-in group.
    pub level: &'static str,
    /// Fills every role.
    pub superadmin: bool,
}

/// Everything one batch writes.
#[derive(Default)]
pub struct Rows {
    /// By id; the last one counts.
    pub services: BTreeMap<i64, ServiceRow>,
    /// In order.
    pub history: Vec<PointRow>,
    /// By service, of those that are being settled.
    pub health: BTreeMap<i64, HealthRow>,
    /// When it was last heard of, by service; none: it is as if it had never been.
    pub seen: BTreeMap<i64, Option<i64>>,
    /// By service and the last report before it: the first one after it; none: it is no gap any more.
    pub gaps: BTreeMap<(i64, i64), Option<i64>>,
    /// JSON by service.
    pub storage: BTreeMap<i64, String>,
    /// JSON by service.
    pub backup: BTreeMap<i64, String>,
    /// Group, service, from; and to.
    pub memberships: BTreeMap<(String, i64, i64), Option<i64>>,
    /// By number.
    pub tickets: BTreeMap<i64, TicketRow>,
    /// In order.
    pub entries: Vec<EntryRow>,
    /// In order.
    pub changes: Vec<ChangeRow>,
    /// Writes to be known again.
    pub idempotency: IdempotencyRows,
    /// By hash.
    pub tokens: BTreeMap<String, TokenRow>,
    /// In order.
    pub users: Vec<UserRow>,
    /// By kind and name; none: it goes.
    pub declared: BTreeMap<(&'static str, Arc<str>), Option<DeclaredRow>>,
    /// In order.
    pub reconciled: Vec<ReconciledRow>,
    /// JSON by path; none: it goes.
    pub heard: BTreeMap<String, Option<String>>,
    /// Windows and results.
    pub promises: PromiseRows,
    /// What people said about problems.
    pub attention: AttentionRows,
    /// What is told outside.
    pub telling: TellingRows,
    /// By name.
    pub meta: BTreeMap<&'static str, String>,
    /// Up to where everything is brought into order with this batch.
    pub settled: Option<Settled>,
    /// Forget what is older.
    pub forget: Option<Forget>,
}

impl Rows {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.services.is_empty()
            && self.history.is_empty()
            && self.health.is_empty()
            && self.seen.is_empty()
            && self.gaps.is_empty()
            && self.storage.is_empty()
            && self.backup.is_empty()
            && self.memberships.is_empty()
            && self.tickets.is_empty()
            && self.entries.is_empty()
            && self.changes.is_empty()
            && self.idempotency.is_empty()
            && self.tokens.is_empty()
            && self.users.is_empty()
            && self.declared.is_empty()
            && self.reconciled.is_empty()
            && self.heard.is_empty()
            && self.promises.is_empty()
            && self.attention.is_empty()
            && self.telling.is_empty()
            && self.meta.is_empty()
            && self.settled.is_none()
            && self.forget.is_none()
    }

    /// Write everything within the transaction of `to`. Parents go before their children.
    pub(super) fn save(mut self, to: &mut Script) {
        self.save_services(to);
        self.save_tickets(to);
        self.save_access(to);
        self.save_declared(to);
        idempotency::save(&self.idempotency, to);
        self.promises.save(to);
        self.attention.save(to);
        self.telling.save(to);
        to.put("INSERT INTO change_log (seq, at, actor, fact) ", "", self.changes, |q, row| {
            q.push_bind(row.seq).push_bind(row.at).push_bind(row.actor).push_bind(row.fact);
        });
        let meta: Vec<_> = self.meta.iter().collect();
        to.put(
            "INSERT INTO meta (name, value) ",
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            &meta,
            |q, (name, value)| {
                q.push_bind(**name).push_bind(value.as_str());
            },
        );
        if let Some(settled) = self.settled {
            settled.save(to);
        }
        if let Some(forget) = &self.forget {
            forget.save(to);
        }
    }

    fn save_services(&mut self, to: &mut Script) {
        to.put(
            "INSERT INTO service (id, path, description, seq, first_seen, retired_at) ",
            " ON CONFLICT (id) DO UPDATE SET description = excluded.description, seq = excluded.seq, \
             retired_at = excluded.retired_at",
            take(&mut self.services),
            |q, (id, row)| {
                q.push_bind(id)
                    .push_bind(row.path)
                    .push_bind(row.description)
                    .push_bind(row.seq)
                    .push_bind(row.first_seen)
                    .push_bind(row.retired_at);
            },
        );
        to.put(
            "INSERT INTO status_history (id, service_id, at, status, message) ",
            "",
            take(&mut self.history),
            |q, row| {
                q.push_bind(row.id)
                    .push_bind(row.service)
                    .push_bind(row.at)
                    .push_bind(row.status)
                    .push_bind(row.message);
            },
        );
        to.put("INSERT INTO health (service_id, seq, status, message, reporter, since, seen, ready, wanted, every_ms, assumed, \
             silent_from, last_known) ",
            " ON CONFLICT (service_id) DO UPDATE SET seq = excluded.seq, status = excluded.status, \
             message = excluded.message, reporter = excluded.reporter, since = excluded.since, seen = excluded.seen, \
             ready = excluded.ready, wanted = excluded.wanted, every_ms = excluded.every_ms, assumed = excluded.assumed, \
             silent_from = excluded.silent_from, last_known = excluded.last_known",
            take(&mut self.health),
            bind_health,
        );
        let (seen, unseen) = parted(take(&mut self.seen));
        to.put(
            "INSERT INTO last_seen (service_id, at) ",
            " ON CONFLICT (service_id) DO UPDATE SET at = excluded.at",
            seen,
            |q, (id, at)| {
                q.push_bind(id).push_bind(at);
            },
        );
        to.put("DELETE FROM last_seen WHERE service_id IN (", ")", unseen, |q, id| {
            q.push_bind(id);
        });
        self.save_gaps(to);
        let body = |q: &mut Row<'_>, (id, body): (i64, String)| {
            q.push_bind(id).push_bind(body);
        };
        let tail = " ON CONFLICT (service_id) DO UPDATE SET body = excluded.body";
        to.put("INSERT INTO storage (service_id, body) ", tail, take(&mut self.storage), body);
        to.put("INSERT INTO backup (service_id, body) ", tail, take(&mut self.backup), body);
        let memberships: Vec<_> = self.memberships.iter().collect();
        to.put(
            "INSERT INTO membership (sla_group, service_id, from_at, to_at) ",
            " ON CONFLICT (sla_group, service_id, from_at) DO UPDATE SET to_at = excluded.to_at",
            &memberships,
            |q, ((group, id, from), until)| {
                q.push_bind(group.as_str()).push_bind(*id).push_bind(*from).push_bind(**until);
            },
        );
    }

    fn save_gaps(&mut self, to: &mut Script) {
        let (gaps, filled) = parted(take(&mut self.gaps));
        to.put(
            "INSERT INTO report_gap (service_id, last, next) ",
            " ON CONFLICT (service_id, last) DO UPDATE SET next = excluded.next",
            gaps,
            |q, ((id, last), next)| {
                q.push_bind(id).push_bind(last).push_bind(next);
            },
        );
        to.put("DELETE FROM report_gap WHERE (service_id, last) IN (", ")", filled, |q, (id, last)| {
            q.push_bind(id).push_bind(last);
        });
    }

    fn save_tickets(&mut self, to: &mut Script) {
        to.put(
            "INSERT INTO ticket (number, version, live, updated_at, body) ",
            " ON CONFLICT (number) DO UPDATE SET version = excluded.version, live = excluded.live, \
             updated_at = excluded.updated_at, body = excluded.body",
            take(&mut self.tickets),
            |q, (number, row)| {
                q.push_bind(number)
                    .push_bind(row.version)
                    .push_bind(i64::from(row.live))
                    .push_bind(row.updated_at)
                    .push_bind(row.body);
            },
        );
        to.put("INSERT INTO ticket_entry (number, place, at, body) ", "", take(&mut self.entries), |q, row| {
            q.push_bind(row.number).push_bind(row.place).push_bind(row.at).push_bind(row.body);
        });
    }

    fn save_access(&self, to: &mut Script) {
        to.put(
            "INSERT INTO user_account (id, name, email, password_hash, level, superadmin) ",
            "",
            &self.users,
            |q, row| {
                q.push_bind(row.id.as_str())
                    .push_bind(row.name.as_str())
                    .push_bind(row.email.as_str())
                    .push_bind(row.password_hash.as_str())
                    .push_bind(row.level)
                    .push_bind(i64::from(row.superadmin));
            },
        );
        let tokens: Vec<_> = self.tokens.iter().collect();
        to.put(
            "INSERT INTO refresh_token (hash, family, user_id, expires, used) ",
            " ON CONFLICT (hash) DO UPDATE SET used = excluded.used",
            &tokens,
            |q, (hash, row)| {
                q.push_bind(hash.as_str())
                    .push_bind(row.family.as_str())
                    .push_bind(row.user.as_str())
                    .push_bind(row.expires)
                    .push_bind(i64::from(row.used));
            },
        );
    }
}

fn bind_health(q: &mut Row<'_>, (service, row): (i64, HealthRow)) {
    q.push_bind(service)
        .push_bind(row.seq)
        .push_bind(row.status)
        .push_bind(row.message)
        .push_bind(row.reporter)
        .push_bind(row.since)
        .push_bind(row.seen)
        .push_bind(row.replicas.map(|(ready, _)| i64::from(ready)))
        .push_bind(row.replicas.map(|(_, wanted)| i64::from(wanted)))
        .push_bind(row.every_ms)
        .push_bind(i64::from(row.assumed))
        .push_bind(row.silence.map(|(from, _)| from))
        .push_bind(row.silence.map(|(_, word)| word));
}
