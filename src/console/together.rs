//! Changes that are one fact: a reporter that falls silent, or speaks again, about many services at one moment.

use std::collections::HashMap;

use crate::domain::{
    change::{Change, Fact},
    health::{
        Counted,
        reporter::{TOGETHER, Turn, turn},
    },
    time::Timestamp,
};

/// A line for one change, or for many that are one fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The place of its first change among those given.
    pub at: usize,
    /// What the services of the reporter are now, where it stands for many.
    pub many: Option<Counted>,
}

/// The lines for `changes`, in their order. With `fold` off each change has its own.
pub fn lines<'a>(changes: impl Iterator<Item = (usize, &'a Change)> + Clone, fold: bool) -> Vec<Line> {
    if !fold {
        return changes.map(|(at, _)| Line { at, many: None }).collect();
    }
    let key = |change: &'a Change| turn(change).map(|(name, turn)| (change.at, name, turn));
    let mut counts: HashMap<(Timestamp, &str, Turn), Counted> = HashMap::new();
    for (_, change) in changes.clone() {
        if let (Some(key), Fact::HealthChanged { health, .. }) = (key(change), &change.fact) {
            counts.entry(key).or_default().add(health.status);
        }
    }
    counts.retain(|_, counted| counted.total() as usize >= TOGETHER);
    let mut told = std::collections::HashSet::new();
    changes
        .filter_map(|(at, change)| {
            let Some((key, counted)) = key(change).and_then(|key| Some((key, *counts.get(&key)?))) else {
                return Some(Line { at, many: None });
            };
            told.insert(key).then_some(Line { at, many: Some(counted) })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        change::{Actor, Seq},
        health::{Health, Silence, Status},
        hierarchy::ServicePath,
    };

    fn silent(at: i64, reporter: &str) -> Change {
        let health = Health {
            reporter: reporter.to_owned(),
            silence: Some(Silence { from: Timestamp::default(), last_known: Status::Operational }),
            ..Health::default()
        };
        let path = ServicePath::parse("a/b/c/d/e").unwrap();
        Change {
            seq: Seq(1),
            at: Timestamp::from_ms(at),
            actor: Actor::System,
            fact: Fact::HealthChanged { path, was: Status::Operational, health },
        }
    }

    fn shown(changes: &[Change], fold: bool) -> Vec<(usize, Option<u32>)> {
        lines(changes.iter().enumerate(), fold).iter().map(|l| (l.at, l.many.map(Counted::total))).collect()
    }

    #[test]
    fn a_reporter_that_falls_silent_is_one_line_with_the_number_behind_it() {
        let mut changes = vec![silent(5, "agent"), silent(5, "job"), silent(5, "agent"), silent(5, "agent")];
        changes.push(silent(6, "agent"));
        assert_eq!(shown(&changes, true), [(0, Some(3)), (1, None), (4, None)], "another moment is another fact");
        assert_eq!(shown(&changes, false).len(), 5, "who looks for one service sees each");
    }
}
