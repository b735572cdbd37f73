//! What is declared and in force, what reconciling did, and what reporters said of services.

use std::{mem::take, sync::Arc};

use super::{
    Loaded, Rows, Store,
    encoding::{from_text, to_text},
    load::said,
    script::{Script, parted},
};
use crate::domain::{
    gitops::{DeclaredKind, DeclaredOrigin, Reconciled, State, Thing, drift::Heard, state::Key},
    time::Timestamp,
};

/// How many reconciliations are kept.
pub const RECONCILED_KEPT: i64 = 100;

/// A declared thing that is in force.
pub struct DeclaredRow {
    /// Who declared it.
    pub origin: &'static str,
    /// JSON; none for what was imported.
    pub place: Option<String>,
    /// JSON of its fields.
    pub body: String,
}

/// What one reconciliation did.
pub struct ReconciledRow {
    /// Counts up.
    pub id: i64,
    /// When.
    pub at: i64,
    /// JSON, where git tells.
    pub commit: Option<String>,
    /// JSON.
    pub plan: String,
    /// Why nothing was done.
    pub rejected: Option<String>,
}

impl DeclaredRow {
    /// The row of a thing.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn of(thing: &Thing) -> Result<Self, String> {
        let place = thing.place.as_ref().map(to_text).transpose()?;
        Ok(Self { origin: thing.origin.word(), place, body: to_text(&thing.fields)? })
    }
}

/// Id, time, commit, plan, and why nothing was done.
type ReconciledColumns = (i64, i64, Option<String>, String, Option<String>);

impl Rows {
    /// Put the rows of every thing of `state`.
    ///
    /// # Errors
    /// When one cannot be written as JSON.
    pub fn declare_all(&mut self, state: &State) -> Result<(), String> {
        for ((kind, name), thing) in &state.things {
            self.declared.insert((kind.word(), name.clone()), Some(DeclaredRow::of(thing)?));
        }
        Ok(())
    }

    /// Write what comes from the repository and of whom reporters spoke.
    pub(super) fn save_declared(&mut self, to: &mut Script) {
        let (there, gone) = parted(take(&mut self.declared));
        to.put(
            "INSERT INTO declared (kind, name, origin, place, body) ",
            " ON CONFLICT (kind, name) DO UPDATE SET origin = excluded.origin, place = excluded.place, \
             body = excluded.body",
            there,
            |q, ((kind, name), row)| {
                q.push_bind(kind).push_bind(name).push_bind(row.origin).push_bind(row.place).push_bind(row.body);
            },
        );
        to.put("DELETE FROM declared WHERE (kind, name) IN (", ")", gone, |q, (kind, name)| {
            q.push_bind(kind).push_bind(name);
        });
        let newest = self.reconciled.last().map(|row| row.id);
        to.put(
            "INSERT INTO reconciled (id, at, commit_body, plan, rejected) ",
            "",
            take(&mut self.reconciled),
            |q, row| {
                q.push_bind(row.id).push_bind(row.at).push_bind(row.commit).push_bind(row.plan).push_bind(row.rejected);
            },
        );
        if let Some(newest) = newest {
            let up_to = newest - RECONCILED_KEPT;
            to.run("DELETE FROM reconciled WHERE id <= ?", |q| {
                q.push_bind(up_to);
            });
        }
        let (heard, gone) = parted(take(&mut self.heard));
        to.put(
            "INSERT INTO heard (path, body) ",
            " ON CONFLICT (path) DO UPDATE SET body = excluded.body",
            heard,
            |q, (path, body)| {
                q.push_bind(path).push_bind(body);
            },
        );
        to.put("DELETE FROM heard WHERE path IN (", ")", gone, |q, path| {
            q.push_bind(path);
        });
    }
}

impl Store {
    pub(super) async fn load_declared(&self, loaded: &mut Loaded) -> Result<(), String> {
        let rows: Vec<(String, String, String, Option<String>, String)> =
            sqlx::query_as("SELECT kind, name, origin, place, body FROM declared")
                .fetch_all(&self.readers)
                .await
                .map_err(said)?;
        for (kind, name, origin, place, body) in rows {
            let broken = |e: String| format!("declared {kind} {name}: {e}");
            let (key, thing) = thing(&kind, &name, &origin, place.as_deref(), &body).map_err(broken)?;
            loaded.state.things.insert(key, Arc::new(thing));
        }
        loaded.state.revision.clone_from(&loaded.source.revision);
        let last: Option<i64> =
            sqlx::query_scalar("SELECT MAX(id) FROM reconciled").fetch_one(&self.readers).await.map_err(said)?;
        loaded.last_reconciled = last.unwrap_or(0);
        let rows: Vec<(String, String)> =
            sqlx::query_as("SELECT path, body FROM heard").fetch_all(&self.readers).await.map_err(said)?;
        for (path, body) in rows {
            let heard: Heard = from_text(&body).map_err(|e| format!("heard of {path}: {e}"))?;
            loaded.heard.insert(heard.path.clone(), heard);
        }
        Ok(())
    }

    /// The newest `limit` reconciliations, newest first.
    ///
    /// # Errors
    /// What the database said, or which row cannot be read.
    pub async fn reconciles(&self, limit: usize) -> Result<Vec<Reconciled>, String> {
        let rows: Vec<ReconciledColumns> =
            sqlx::query_as("SELECT id, at, commit_body, plan, rejected FROM reconciled ORDER BY id DESC LIMIT $1")
                .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                .fetch_all(&self.readers)
                .await
                .map_err(said)?;
        let read = |(id, at, commit, plan, rejected): ReconciledColumns| {
            let broken = |e: String| format!("reconciliation {id}: {e}");
            Ok(Reconciled {
                at: Timestamp::from_ms(at),
                commit: commit.as_deref().map(from_text).transpose().map_err(broken)?,
                plan: from_text(&plan).map_err(broken)?,
                rejected,
            })
        };
        rows.into_iter().map(read).collect()
    }
}

fn thing(kind: &str, name: &str, origin: &str, place: Option<&str>, body: &str) -> Result<(Key, Thing), String> {
    let kind = DeclaredKind::parse(kind).ok_or_else(|| "no such kind".to_owned())?;
    let origin = DeclaredOrigin::parse(origin).ok_or_else(|| format!("`{origin}` is no origin"))?;
    let place = place.map(from_text).transpose()?;
    Ok(((kind, Arc::from(name)), Thing { origin, place, fields: from_text(body)? }))
}
