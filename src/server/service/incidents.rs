//! Times of trouble of services, with what was said of each and what it came from.

use std::cmp::Reverse;

use super::{Core, Failure};
use crate::domain::{
    detail::Incident,
    health::{Needs, Status, Trouble, incident::troubles},
    hierarchy::ServicePath,
    sla::Timeline,
    time::Timestamp,
};

/// Which incidents. What is left out does not filter.
#[derive(Clone, Debug, Default)]
pub struct IncidentFilter {
    /// On this service, or on services under this node; without a slash at the end.
    pub under: Option<String>,
    /// Only those that last.
    pub open: bool,
    /// Only those that were as bad as this.
    pub worst: Option<Status>,
}

impl IncidentFilter {
    fn admits_path(&self, path: &ServicePath) -> bool {
        let path = path.as_str();
        self.under.as_ref().is_none_or(|under| {
            path.strip_prefix(under.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    fn admits(&self, trouble: &Trouble) -> bool {
        (!self.open || trouble.to.is_none()) && self.worst.is_none_or(|worst| trouble.worst == worst)
    }
}

impl Core {
    /// Times of trouble since `since` of every service in the tree that fits, newest first.
    pub(super) async fn troubles_since(
        &self,
        since: Timestamp,
        filter: &IncidentFilter,
    ) -> Vec<(ServicePath, Trouble)> {
        let paths = self.read(|estate| estate.services.keys().filter(|p| filter.admits_path(p)).cloned().collect());
        let paths: Vec<ServicePath> = paths.await;
        let (now, flap_ms) = (self.0.world.now(), self.0.settings.flap_ms);
        let mut found: Vec<(ServicePath, Trouble)> = self.0.shared.with_lines(|lines| {
            let of_one = |path: ServicePath| {
                let found = lines.get(&path).map(|line| troubles(line, since, now, flap_ms)).unwrap_or_default();
                found.into_iter().filter(|t| filter.admits(t)).map(move |trouble| (path.clone(), trouble))
            };
            paths.into_iter().flat_map(of_one).collect()
        });
        found.sort_by(|a, b| (b.1.from, &a.0).cmp(&(a.1.from, &b.0)));
        found
    }

    /// Up to `rows` incidents since `since`, newest first, of those after the one that began at `after.0` on `after.1`;
    /// and how many there are in all.
    ///
    /// # Errors
    /// A fault when the store cannot be read.
    pub async fn incident_page(
        &self,
        since: Timestamp,
        filter: &IncidentFilter,
        after: Option<(Timestamp, String)>,
        rows: usize,
    ) -> Result<(Vec<Incident>, u64), Failure> {
        let mut found = self.troubles_since(since, filter).await;
        let total = found.len() as u64;
        if let Some((at, path)) = after {
            found.retain(|(p, t)| (Reverse(t.from), p.as_str()) > (Reverse(at), path.as_str()));
        }
        found.truncate(rows);
        Ok((self.told(found).await?, total))
    }

    /// Troubles in their order, with what the reporter said at the start of each, and the service that each came from:
    /// what its own service cannot do without and was DOWN when it began, or within the time of a flap after it, for
    /// reporters do not all speak at once.
    pub(super) async fn told(&self, all: Vec<(ServicePath, Trouble)>) -> Result<Vec<Incident>, Failure> {
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let causes = self.causes(&all).await;
        let wanted: Vec<ServicePath> = all.iter().map(|(path, _)| path.clone()).collect();
        let ids = self
            .0
            .write(move |batch| Ok(wanted.iter().map(|p| batch.truth.ids.get(p).copied()).collect::<Vec<_>>()))
            .await?;
        let points = all.iter().zip(&ids).filter_map(|((_, trouble), id)| Some(((*id)?, trouble.from)));
        let points: Vec<(i64, Timestamp)> = points.collect();
        let mut said = self.0.store.messages_at(&points).await.map_err(Failure::Fault)?;
        let told = all.into_iter().zip(ids).zip(causes).map(|(((path, trouble), id), cause)| {
            let Trouble { from, to, worst, outbreaks, other_ms } = trouble;
            let message = id.and_then(|id| said.remove(&(id, from))).unwrap_or_default();
            Incident { path, from, to, worst, message, outbreaks, other_ms, cause }
        });
        Ok(told.collect())
    }

    async fn causes(&self, all: &[(ServicePath, Trouble)]) -> Vec<Option<ServicePath>> {
        let flap_ms = self.0.settings.flap_ms;
        self.read(|estate| {
            let needs = Needs::of(&estate.services);
            self.0.shared.with_lines(|lines| {
                let cause = |(path, trouble): &(ServicePath, Trouble)| {
                    let status = |of: &ServicePath| {
                        lines.get(of).map_or(Status::Unknown, |line| worst_around(line, trouble.from, flap_ms))
                    };
                    needs.cause_of(&estate.services, path, status)
                };
                all.iter().map(cause).collect()
            })
        })
        .await
    }
}

/// The worst status from `at` on for `ms` milliseconds.
fn worst_around(line: &Timeline, at: Timestamp, ms: i64) -> Status {
    let around = line.intervals(at, at.plus(ms.max(1)));
    around.map(|(_, _, status)| status).max().unwrap_or_default()
}
