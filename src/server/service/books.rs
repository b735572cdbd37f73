//! Status lines, and the merged lines of groups that follow from them. A merged line is made once and then told of every
//! new point, so that the figures of a group cost what changed in it.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::sla::Roster;
use crate::{
    domain::{
        health::Status,
        hierarchy::ServicePath,
        sla::{Exclusions, Measured, Member, Merged, Promise, Timeline, WINDOWS},
        time::{DAY, Timestamp},
    },
    server::store::load::Membership,
};

/// Status lines by service.
pub type Lines = HashMap<ServicePath, Timeline>;

/// How much more than its period a merged line may hold before it is made anew, in milliseconds.
const SLACK_MS: i64 = 2 * DAY;

/// See the module.
#[derive(Default)]
pub struct Books {
    lines: Lines,
    groups: HashMap<String, Kept>,
    /// Which merged lines a service may be in.
    groups_of: HashMap<ServicePath, Vec<Arc<str>>>,
}

/// A merged line and what it was made of.
struct Kept {
    members: Arc<Membership>,
    of_members: BTreeMap<ServicePath, Exclusions>,
    maintenance_is_down: bool,
    merged: Merged,
}

impl Books {
    /// Books with these lines.
    pub fn new(lines: Lines) -> Self {
        Self { lines, ..Self::default() }
    }

    /// Status lines by service.
    pub const fn lines(&self) -> &Lines {
        &self.lines
    }

    /// From `at` on `path` is `status`, until the next point that is already there.
    pub fn push(&mut self, path: &ServicePath, at: Timestamp, status: Status) {
        let line = match self.lines.get_mut(path) {
            Some(line) => line,
            None => self.lines.entry(path.clone()).or_default(),
        };
        let (was, until) = line.in_force(at);
        line.push(at, status);
        for name in self.groups_of.get(path).into_iter().flatten() {
            let Some(kept) = self.groups.get_mut(&**name) else { continue };
            let Some(belonged) = kept.members.get(path) else { continue };
            let exclusions = kept.of_members.get(path).unwrap_or(Exclusions::NONE);
            let member = Member { exclusions, ..Member::during(line, belonged) };
            kept.merged.change(member, at, until, was, status);
        }
    }

    /// Forget what is older than `before` of every status line.
    pub fn trim(&mut self, before: Timestamp) {
        self.lines.values_mut().for_each(|line| line.trim(before));
    }

    /// What the group of `roster` is measured on at `now`, if that is kept.
    pub(super) fn kept(&self, roster: &Roster, now: Timestamp) -> Option<Measured<'_>> {
        let kept = self.groups.get(&roster.group.name)?;
        let promise = roster.promise();
        let held = needed_from(&promise, now).since(kept.merged.since());
        let is_the_same = Arc::ptr_eq(&kept.members, &roster.members)
            && kept.of_members == roster.of_members
            && kept.maintenance_is_down == promise.maintenance_is_down
            && kept.merged.aggregation() == roster.group.aggregation
            && (0..=SLACK_MS).contains(&held);
        is_the_same.then_some(Measured::Group(Cow::Borrowed(&kept.merged)))
    }

    /// Keep what the group of `roster` is measured on at `now`.
    pub(super) fn keep(&mut self, roster: &Roster, now: Timestamp) {
        let promise = roster.promise();
        let members = roster.members_in(&self.lines);
        let since = needed_from(&promise, now);
        let merged = Merged::of(roster.group.aggregation, &members, promise.maintenance_is_down, Some(since));
        let name: Arc<str> = roster.group.name.as_str().into();
        for path in roster.members.keys() {
            let groups = self.groups_of.entry(path.clone()).or_default();
            if !groups.contains(&name) {
                groups.push(name.clone());
            }
        }
        let kept = Kept {
            members: roster.members.clone(),
            of_members: roster.of_members.clone(),
            maintenance_is_down: promise.maintenance_is_down,
            merged,
        };
        self.groups.insert(roster.group.name.clone(), kept);
    }
}

/// The first moment that figures of `promise` at `now` look at.
fn needed_from(promise: &Promise<'_>, now: Timestamp) -> Timestamp {
    let longest = WINDOWS.iter().map(|window| window.0).max().unwrap_or(0);
    promise.period.bounds(now).0.min(now.plus(-longest))
}
