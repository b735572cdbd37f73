//! Which job pushes the health of which service, and how often.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::Quick;
use crate::{
    domain::hierarchy::ServicePath,
    gitops::{cronjobs::Job, pushes::Report},
};

/// How the health of one service is pushed.
#[derive(Clone, Debug, Default)]
pub struct Pushed {
    /// Shortest time between two pushes, in milliseconds.
    shortest_ms: Option<i64>,
    /// Who pushes that often.
    pub by: Option<Arc<str>>,
}

impl Pushed {
    /// How often a report is expected; it is read from a shell line and never stated.
    pub fn every_ms(&self) -> Option<(i64, bool)> {
        self.shortest_ms.map(|ms| (ms, true))
    }

    /// A job pushes it too. A suspended one pushes nothing.
    fn take(&mut self, job: &Job, name: impl FnOnce() -> Arc<str>) {
        let is_first = self.by.is_none();
        let is_more_often = job.every_ms.is_some_and(|ms| self.shortest_ms.is_none_or(|known| ms < known));
        if is_more_often {
            self.shortest_ms = job.every_ms;
        }
        if (is_first || is_more_often) && !job.suspended {
            self.by = Some(name());
        }
    }
}

/// By the services that any job pushes.
pub fn by_path(jobs: &[Job]) -> HashMap<&ServicePath, Pushed, Quick> {
    let mut met = HashSet::new();
    let twice: HashSet<String> = jobs.iter().map(full_name).filter(|name| !met.insert(name.clone())).collect();
    let mut pushed: HashMap<&ServicePath, Pushed, Quick> = HashMap::default();
    for job in jobs {
        let name: Arc<str> = full_name(job).into();
        let is_one = !twice.contains(&*name);
        for path in job.pushes.iter().filter(|p| p.report == Report::Health).filter_map(|p| p.path.as_ref()) {
            // Clusters have jobs of one name: each is the one that pushes for its cluster.
            let own = || if is_one { name.clone() } else { format!("{name}@{}", path.node_str()).into() };
            pushed.entry(path).or_default().take(job, own);
        }
    }
    pushed
}

fn full_name(job: &Job) -> String {
    match &job.namespace {
        Some(namespace) => format!("{namespace}/{}", job.name),
        None => job.name.clone(),
    }
}
