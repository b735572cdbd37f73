//! Who belongs to which SLA group from when to when. Who joins brings no past; whose group was known from the start
//! always belonged.

use std::sync::Arc;

use super::batch::Batch;
use crate::domain::{hierarchy::ServicePath, time::Timestamp};

/// `path` leaves `before` and joins `after`.
pub fn set(batch: &mut Batch<'_>, path: &ServicePath, before: Option<&str>, after: Option<&str>) {
    if before == after && after.is_none_or(|group| belongs(batch, path, group)) {
        return;
    }
    let id = batch.id_of(path);
    let now = batch.now;
    if let Some(group) = before.filter(|group| after != Some(*group)) {
        let times = batch.truth.memberships.get_mut(group).and_then(|members| Arc::make_mut(members).get_mut(path));
        if let Some((from, to @ None)) = times.and_then(|times| times.last_mut()) {
            *to = Some(now);
            batch.rows.memberships.insert((group.to_owned(), id, from.ms()), Some(now.ms()));
        }
        batch.touched.push(group.to_owned());
    }
    if let Some(group) = after.filter(|group| !belongs(batch, path, group)) {
        let is_new = !batch.truth.estate.services.contains_key(path);
        let knew_no_other = !batch.truth.memberships.values().any(|members| members.contains_key(path));
        let reported = batch.shared.with_lines(|lines| lines.contains_key(path));
        let from = if knew_no_other && (is_new || !reported) { Timestamp::from_ms(0) } else { now };
        let members = Arc::make_mut(batch.truth.memberships.entry(group.to_owned()).or_default());
        members.entry(path.clone()).or_default().push((from, None));
        batch.rows.memberships.insert((group.to_owned(), id, from.ms()), None);
        batch.touched.push(group.to_owned());
    }
}

/// Whether `path` is in `group` now.
pub fn belongs(batch: &Batch<'_>, path: &ServicePath, group: &str) -> bool {
    let times = batch.truth.memberships.get(group).and_then(|members| members.get(path));
    times.and_then(|times| times.last()).is_some_and(|(_, to)| to.is_none())
}
