//! `service watch`: changes of services as they come.

use serde_json::json;

use super::{find, query, status_cell};
use crate::{
    cli::{Format, ListArgs},
    commands::{
        Invocation, Trouble, activity,
        stream::{self, Follower},
        target::Signed,
    },
    domain::{
        change::{Change, Fact},
        estate::{Estate, Snapshot},
        health::Status,
        hierarchy::ServicePath,
        search::Query,
    },
    print::{Cell, Sheet, Tone, column, time::rfc3339},
};

/// Tell what changes from now on, until interrupted.
///
/// # Errors
/// Usage for a filter that cannot be read, `NotFound` for an unknown service, and what the client says.
pub async fn run(run: &Invocation, signed: &Signed, path: Option<&str>, which: &ListArgs) -> Result<(), Trouble> {
    let query = query(&which.filter)?;
    let snapshot = signed.client.snapshot().await?;
    let one = path.map(|path| find(&snapshot.estate, path).map(|s| s.path.clone())).transpose()?;
    run.keep_renewed(signed).await?;
    let (epoch, seq) = (snapshot.epoch.clone(), snapshot.seq);
    let mut watcher = Watcher { run, one, query, problems: which.problems, estate: snapshot.estate };
    let now = watcher.standing();
    run.printer.say(&now);
    stream::follow(run, signed, epoch, seq, &mut watcher).await
}

/// What is watched, and how it was last.
struct Watcher<'a> {
    run: &'a Invocation,
    one: Option<ServicePath>,
    query: Query,
    problems: bool,
    estate: Estate,
}

impl Watcher<'_> {
    /// What is watched now, in one line.
    fn standing(&self) -> String {
        let all = self.estate.services.values();
        let watched =
            all.filter(|s| self.one.as_ref().is_none_or(|one| *one == s.path) && self.query.matches_service(s));
        let (mut count, mut bad) = (0_usize, 0_usize);
        for service in watched {
            count += 1;
            bad += usize::from(service.health.status.is_problem());
        }
        {
            let services = if count == 1 { "service" } else { "services" };
            format!("watching {count} {services}, {bad} with a problem; ctrl-c ends it")
        }
    }

    /// Whether a change is of a service that is watched. It is looked at before and after: what leaves the filter by
    /// this change is news too.
    fn tells(&self, change: &Change, after: &Estate) -> bool {
        if matches!(change.fact, Fact::TicketChanged { .. }) {
            return false;
        }
        let Some(path) = change.fact.service().filter(|path| self.one.as_ref().is_none_or(|one| one == *path)) else {
            return false;
        };
        let fits = |estate: &Estate| estate.services.get(path).is_some_and(|s| self.query.matches_service(s));
        if !fits(&self.estate) && !fits(after) {
            return false;
        }
        match &change.fact {
            Fact::HealthChanged { was, health, .. } if self.problems => was.is_problem() || health.status.is_problem(),
            _ => !self.problems,
        }
    }
}

impl Follower for Watcher<'_> {
    fn change(&mut self, change: &Change) -> Result<(), Trouble> {
        let mut after = Estate::default();
        if let Some(before) = change.fact.service().and_then(|path| self.estate.services.shared(path)) {
            after.services.insert(before);
        }
        after.apply(change);
        let tells = self.tells(change, &after);
        self.estate.apply(change);
        if tells { print(self.run, change) } else { Ok(()) }
    }

    fn anew(&mut self, snapshot: Snapshot) -> Result<(), Trouble> {
        self.estate = snapshot.estate;
        self.run.printer.say(&self.standing());
        Ok(())
    }
}

/// One change on a line.
fn print(run: &Invocation, change: &Change) -> Result<(), Trouble> {
    let path = change.fact.service().map(ToString::to_string).unwrap_or_default();
    let (was, status) = match &change.fact {
        Fact::HealthChanged { was, health, .. } => (Some(*was), Some(health.status)),
        _ => (None, None),
    };
    let json = json!({
        "version": 1, "at": rfc3339(change.at), "path": path, "kind": change.fact.word(),
        "was": was.map(Status::word), "status": status.map(Status::word), "by": change.actor.name(),
        "what": activity::sentence(change),
    });
    match run.printer.format() {
        Format::Json => stream::write_line(run, &json.to_string()),
        Format::Name => stream::write_line(run, &path),
        _ => {
            let row = vec![
                Cell::toned(rfc3339(change.at), Tone::Dim),
                status.map_or_else(Cell::default, status_cell),
                activity::sentence(change).into(),
            ];
            let columns = vec![column(""), column(""), column("")];
            run.print(&stream::one_row(Sheet { kind: "change", json, columns, rows: vec![row], ..Sheet::default() }))
        }
    }
}
