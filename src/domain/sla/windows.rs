//! Exclusion windows: who takes what out of the reckoning, from when to when, and why.
//!
//! [`open`] and [`ExclusionWindow::stop`] are the rules, [`of_service`] and [`of_group`] what windows mean for a promise.
//! How excluded time is counted is in [`super::exclusion`].

use std::collections::BTreeMap;

use super::{Exclusions, NewWindow};
use crate::domain::{
    access::{Level, User},
    change::Actor,
    hierarchy::{NodePath, ServicePath},
    refusal::{Refusal, RefusalCode},
    tickets::act,
    time::{DAY, Timestamp},
};

/// Longest reason, in bytes.
pub const REASON_LIMIT: usize = 500;
/// How far ahead a window may begin or end: beyond it somebody mistyped a year, in milliseconds.
pub const AHEAD_MS: i64 = 366 * DAY;
/// How far back a window may begin: as far as lines of statuses are kept, in milliseconds.
pub const BACK_MS: i64 = 400 * DAY;

/// What a window takes out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WindowScope {
    /// One service.
    Service(ServicePath),
    /// Every service on a node or below it.
    Node(NodePath),
    /// A whole SLA group, by short name.
    Group(String),
}

impl WindowScope {
    /// `service`, `node` or `group`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Service(_) => "service",
            Self::Node(_) => "node",
            Self::Group(_) => "group",
        }
    }

    /// Its path or short name.
    pub fn name(&self) -> &str {
        match self {
            Self::Service(path) => path.as_str(),
            Self::Node(node) => node.as_str(),
            Self::Group(name) => name,
        }
    }

    /// The scope of a kind and a name.
    ///
    /// # Errors
    /// Says in words what is wrong with either.
    pub fn parse(kind: &str, name: &str) -> Result<Self, String> {
        match kind {
            "service" => ServicePath::parse(name).map(Self::Service),
            "node" => NodePath::parse(name).map(Self::Node),
            "group" if name.trim().is_empty() => Err("the name of a group is empty".to_owned()),
            "group" => Ok(Self::Group(name.to_owned())),
            other => Err(format!("`{other}` is no scope of a window (service, node or group)")),
        }
    }

    /// Whether it covers this service by its place in the tree; a group is not looked into.
    pub fn covers(&self, path: &ServicePath) -> bool {
        match self {
            Self::Service(own) => own == path,
            Self::Node(node) => path.is_under(node),
            Self::Group(_) => false,
        }
    }
}

impl std::fmt::Display for WindowScope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind(), self.name())
    }
}

/// A time that counts for neither up nor down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExclusionWindow {
    /// Stable number, counted from 1.
    pub id: u64,
    /// What it takes out.
    pub scope: WindowScope,
    /// First moment that does not count.
    pub from: Timestamp,
    /// First moment that counts again; none: it lasts until somebody stops it, and so far it counts until now.
    pub to: Option<Timestamp>,
    /// Why; one line, never empty.
    pub reason: String,
    /// Who opened it.
    pub opened_by: Actor,
    /// When it was opened, which is not when it begins.
    pub opened_at: Timestamp,
    /// Who stopped it and when, where somebody did.
    pub stopped: Option<(Actor, Timestamp)>,
}

/// Where a window stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WindowPhase {
    /// In force.
    Active,
    /// Still to come.
    Planned,
    /// Over.
    Past,
    /// Stopped before it began, or taken back: it excludes nothing.
    Cancelled,
}

impl WindowPhase {
    /// All of them, in the order of lists.
    pub const ALL: [Self; 4] = [Self::Active, Self::Planned, Self::Past, Self::Cancelled];

    /// `active`, `planned`, `past` or `cancelled`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Planned => "planned",
            Self::Past => "past",
            Self::Cancelled => "cancelled",
        }
    }

    /// The phase for a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.word() == word)
    }
}

/// Who opens or stops a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// Somebody signed in.
    User(User),
    /// An operator key, by its name.
    Key(String),
}

impl Keeper {
    /// The same as who causes a change.
    pub fn actor(&self) -> Actor {
        match self {
            Self::User(user) => Actor::User { id: user.id.clone(), name: user.name.clone() },
            Self::Key(name) => Actor::Reporter(name.clone()),
        }
    }

    /// Whether he may keep windows at all, and one for the past.
    ///
    /// # Errors
    /// `read_only` or `forbidden`, with what would be needed.
    pub fn may_keep(&self, for_the_past: bool) -> Result<(), Refusal> {
        let (may_past, who) = match self {
            Self::User(user) => {
                user.may_operate("an exclusion window")?;
                (user.level == Level::Admin || user.superadmin, format!("you are in {}", user.level.group()))
            }
            Self::Key(name) => (false, format!("{name} is an operator key")),
        };
        if for_the_past && !may_past {
            let reason = format!(
                "a window for the past corrects figures and needs membership of {}; {who}",
                Level::Admin.group()
            );
            return Err(Refusal::new(RefusalCode::Forbidden, reason));
        }
        Ok(())
    }
}

/// Open a window under the number `id`. That its scope exists is the caller's to know. `others` are the windows there
/// are.
///
/// # Errors
/// `forbidden`; `invalid` without a reason, with an end that is not after its beginning, or with a time so far away that
/// it must be a mistake; `unchanged` when one without an end is in force for the same scope.
pub fn open<'a>(
    new: NewWindow,
    id: u64,
    by: &Keeper,
    others: impl IntoIterator<Item = &'a ExclusionWindow>,
    now: Timestamp,
) -> Result<ExclusionWindow, Refusal> {
    let for_the_past = new.is_for_the_past(now);
    by.may_keep(for_the_past)?;
    let invalid = |reason: &str| Err(Refusal::new(RefusalCode::Invalid, reason));
    let from = new.from.filter(|from| for_the_past || *from > now).unwrap_or(now);
    act::within("reason", &new.reason, REASON_LIMIT)?;
    if new.reason.trim().is_empty() {
        return invalid("an exclusion window needs a reason");
    }
    let to = new.to.map(|end| end.of(from));
    if to.is_some_and(|to| to <= from) {
        return invalid("the window ends before it begins");
    }
    if from > now.plus(AHEAD_MS) || to.is_some_and(|to| to > now.plus(AHEAD_MS)) {
        return invalid(
            "that is more than 366 days ahead; leave the end out for a window that lasts until it is stopped",
        );
    }
    if from < now.plus(-BACK_MS) {
        return invalid("that is more than 400 days back, further than status history is kept");
    }
    if to.is_none() {
        let same = others.into_iter().find(|w| w.scope == new.scope && w.to.is_none() && w.from <= from);
        if let Some(same) = same {
            let reason = format!("window {} is open for the {} and has no end", same.id, same.scope);
            return Err(Refusal::new(RefusalCode::Unchanged, reason));
        }
    }
    Ok(ExclusionWindow {
        id,
        scope: new.scope,
        from,
        to,
        reason: new.reason.trim().to_owned(),
        opened_by: by.actor(),
        opened_at: now,
        stopped: None,
    })
}

impl ExclusionWindow {
    /// Where it stands at `now`.
    pub fn phase(&self, now: Timestamp) -> WindowPhase {
        match self.to {
            Some(to) if to <= self.from => WindowPhase::Cancelled,
            Some(to) if to <= now => WindowPhase::Past,
            _ if self.from > now => WindowPhase::Planned,
            _ => WindowPhase::Active,
        }
    }

    /// Whether it is in force at `now`.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.phase(now) == WindowPhase::Active
    }

    /// Whether it began before somebody opened it, so that it corrected figures.
    pub fn was_for_the_past(&self) -> bool {
        self.from < self.opened_at
    }

    /// The time it takes out as far as is known at `now`: one without an end counts until now.
    pub fn span(&self, now: Timestamp) -> (Timestamp, Timestamp) {
        (self.from, self.to.unwrap_or_else(|| now.max(self.from)))
    }

    /// Whether stopping it at `now` takes it back: it was for the past and ended by itself, so that stopping cannot mean its
    /// end. Opened by mistake it would be wrong for ever. One that somebody stopped is over, also when it is stopped again.
    pub fn is_to_take_back(&self, now: Timestamp) -> bool {
        self.phase(now) == WindowPhase::Past && self.was_for_the_past() && self.stopped.is_none()
    }

    /// Stop it at `now`; one that is still to come never begins, and one for the past that is over is taken back.
    ///
    /// # Errors
    /// `forbidden`, or `unchanged` when it is over and told nothing but what was true.
    pub fn stop(&self, by: &Keeper, now: Timestamp) -> Result<Self, Refusal> {
        let is_taken_back = self.is_to_take_back(now);
        by.may_keep(is_taken_back)?;
        let to = match self.phase(now) {
            WindowPhase::Active => now,
            WindowPhase::Planned => self.from,
            WindowPhase::Past if is_taken_back => self.from,
            WindowPhase::Past | WindowPhase::Cancelled => {
                let reason = format!("window {} for the {} is over already", self.id, self.scope);
                return Err(Refusal::new(RefusalCode::Unchanged, reason));
            }
        };
        Ok(Self { to: Some(to), stopped: Some((by.actor(), now)), ..self.clone() })
    }
}

/// What the windows take out of a service; with the group whose promise it is measured by, also what they take out of
/// that group.
pub fn of_service<'a>(
    windows: impl IntoIterator<Item = &'a ExclusionWindow>,
    path: &ServicePath,
    group: Option<&str>,
) -> Exclusions {
    spans(windows.into_iter().filter(|w| is_over(&w.scope, path, group)))
}

/// What the windows take out of each of the `members` of a group; only those are in it that have any.
pub fn of_members<'a, B>(
    windows: impl IntoIterator<Item = &'a ExclusionWindow>,
    members: &BTreeMap<ServicePath, B>,
) -> BTreeMap<ServicePath, Exclusions> {
    let mut spans: BTreeMap<&ServicePath, Vec<(Timestamp, Option<Timestamp>)>> = BTreeMap::new();
    for window in windows {
        let mut add = |path| spans.entry(path).or_default().push((window.from, window.to));
        match &window.scope {
            WindowScope::Service(path) => {
                if let Some((path, _)) = members.get_key_value(path) {
                    add(path);
                }
            }
            scope @ WindowScope::Node(_) => members.keys().filter(|path| scope.covers(path)).for_each(add),
            WindowScope::Group(_) => {}
        }
    }
    let merged = spans.into_iter().map(|(path, spans)| (path.clone(), Exclusions::of(spans)));
    merged.filter(|(_, own)| !own.is_empty()).collect()
}

/// What the windows take out of a group as a whole.
pub fn of_group<'a>(windows: impl IntoIterator<Item = &'a ExclusionWindow>, group: &str) -> Exclusions {
    let is_meant = |scope: &WindowScope| matches!(scope, WindowScope::Group(name) if name == group);
    spans(windows.into_iter().filter(|w| is_meant(&w.scope)))
}

/// Windows that take something out of a group in the time of `span`, newest first: those of the group itself, of one of
/// its `members`, and of a node above one.
pub fn in_period<'a, 'p>(
    windows: impl IntoIterator<Item = &'a ExclusionWindow>,
    group: &str,
    members: impl Iterator<Item = &'p ServicePath> + Clone,
    (from, to): (Timestamp, Timestamp),
) -> Vec<&'a ExclusionWindow> {
    let reaches_in = |w: &ExclusionWindow| w.from <= to && w.to.is_none_or(|end| end > from && end > w.from);
    let is_meant = |w: &ExclusionWindow| match &w.scope {
        WindowScope::Group(name) => name == group,
        scope => members.clone().any(|path| scope.covers(path)),
    };
    let mut found: Vec<_> = windows.into_iter().filter(|w| reaches_in(w) && is_meant(w)).collect();
    found.sort_by_key(|w| std::cmp::Reverse((w.from, w.id)));
    found
}

/// Of these windows the one that lasts longest over a service: its own, its node's or its group's.
pub fn over<'a>(
    windows: impl IntoIterator<Item = &'a ExclusionWindow>,
    path: &ServicePath,
    group: Option<&str>,
) -> Option<&'a ExclusionWindow> {
    let covering = windows.into_iter().filter(|w| is_over(&w.scope, path, group));
    covering.max_by_key(|w| (w.to.is_none(), w.to, std::cmp::Reverse(w.id)))
}

fn is_over(scope: &WindowScope, path: &ServicePath, group: Option<&str>) -> bool {
    match scope {
        WindowScope::Group(name) => group == Some(name.as_str()),
        _ => scope.covers(path),
    }
}

fn spans<'a>(windows: impl Iterator<Item = &'a ExclusionWindow>) -> Exclusions {
    Exclusions::of(windows.map(|w| (w.from, w.to)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        access::UserId,
        sla::WindowEnd,
        time::{HOUR, MINUTE},
    };

    const NOW: Timestamp = Timestamp::from_ms(1_000 * DAY);

    fn user(level: Level) -> Keeper {
        let name = "sam".to_owned();
        let id = UserId("local:sam".to_owned());
        Keeper::User(User { id, name, email: String::new(), level, superadmin: false, read_only: false })
    }

    fn group() -> WindowScope {
        WindowScope::Group("gold".to_owned())
    }

    fn wanted(from: Option<i64>, to: Option<i64>) -> NewWindow {
        let at = |ms: Option<i64>| ms.map(|ms| NOW.plus(ms));
        NewWindow { scope: group(), from: at(from), to: at(to).map(WindowEnd::At), reason: " new disks ".to_owned() }
    }

    fn code(opened: Result<ExclusionWindow, Refusal>) -> RefusalCode {
        opened.unwrap_err().code
    }

    fn opened(from: Option<i64>, to: Option<i64>) -> ExclusionWindow {
        open(wanted(from, to), 1, &user(Level::Admin), [], NOW).unwrap()
    }

    #[test]
    fn one_for_the_past_is_taken_back_by_an_admin_and_no_other_that_is_over() {
        let past = opened(Some(-3 * HOUR), Some(-2 * HOUR));
        assert_eq!(past.phase(NOW), WindowPhase::Past);
        assert_eq!(past.stop(&user(Level::Operator), NOW).unwrap_err().code, RefusalCode::Forbidden);
        let back = past.stop(&user(Level::Admin), NOW).unwrap();
        assert_eq!((back.phase(NOW), back.span(NOW)), (WindowPhase::Cancelled, (past.from, past.from)));
        assert_eq!(back.stop(&user(Level::Admin), NOW).unwrap_err().code, RefusalCode::Unchanged);
        let stopped = opened(Some(-3 * HOUR), None).stop(&user(Level::Admin), NOW).unwrap();
        assert_eq!(stopped.phase(NOW), WindowPhase::Past);
        let again = stopped.stop(&user(Level::Admin), NOW).unwrap_err();
        assert_eq!(again.code, RefusalCode::Unchanged, "somebody pressed twice");
        let live = opened(None, Some(HOUR));
        let over = live.stop(&user(Level::Admin), NOW.plus(2 * HOUR)).unwrap_err();
        assert_eq!(over.code, RefusalCode::Unchanged, "it told what was true");
    }

    #[test]
    fn from_now_on_is_for_operators_and_the_past_for_admins() {
        let past = || wanted(Some(-HOUR), None);
        for (who, now_on, before) in [
            (user(Level::User), Some(RefusalCode::Forbidden), Some(RefusalCode::Forbidden)),
            (user(Level::Operator), None, Some(RefusalCode::Forbidden)),
            (Keeper::Key("ci".to_owned()), None, Some(RefusalCode::Forbidden)),
            (user(Level::Admin), None, None),
        ] {
            let said = |new| open(new, 1, &who, [], NOW).err().map(|r| r.code);
            assert_eq!((said(wanted(None, None)), said(past())), (now_on, before), "{who:?}");
        }
        let Keeper::User(admin) = user(Level::Admin) else { return };
        let looking = Keeper::User(User { read_only: true, ..admin });
        assert_eq!(code(open(wanted(None, None), 1, &looking, [], NOW)), RefusalCode::ReadOnly);
    }

    #[test]
    fn a_beginning_less_than_a_minute_ago_is_now() {
        let window = open(wanted(Some(-MINUTE), None), 1, &user(Level::Operator), [], NOW).unwrap();
        assert_eq!((window.from, window.was_for_the_past()), (NOW, false));
        assert_eq!(window.reason, "new disks");
        assert_eq!(opened(Some(-MINUTE - 1), None).from, NOW.plus(-MINUTE - 1));
    }

    #[test]
    fn times_that_make_no_sense_are_refused() {
        let admin = user(Level::Admin);
        for (from, to) in [
            (Some(HOUR), Some(HOUR)),
            (Some(2 * HOUR), Some(HOUR)),
            (None, Some(-HOUR)),
            (None, Some(0)),
            (Some(AHEAD_MS + 1), None),
            (None, Some(AHEAD_MS + 1)),
            (Some(i64::MAX), None),
            (Some(-BACK_MS - 1), None),
        ] {
            assert_eq!(code(open(wanted(from, to), 1, &admin, [], NOW)), RefusalCode::Invalid, "{from:?} {to:?}");
        }
        let unsaid = NewWindow { reason: "  ".to_owned(), ..wanted(None, None) };
        assert_eq!(code(open(unsaid, 1, &admin, [], NOW)), RefusalCode::Invalid);
        let long = NewWindow { reason: "x".repeat(REASON_LIMIT + 1), ..wanted(None, None) };
        assert_eq!(code(open(long, 1, &admin, [], NOW)), RefusalCode::Invalid);
    }

    #[test]
    fn a_second_one_without_an_end_changes_nothing_and_one_with_an_end_may_overlap() {
        let first = opened(None, None);
        assert_eq!(code(open(wanted(None, None), 2, &user(Level::Admin), [&first], NOW)), RefusalCode::Unchanged);
        assert!(open(wanted(None, Some(HOUR)), 2, &user(Level::Admin), [&first], NOW).is_ok());
        let elsewhere = NewWindow { scope: WindowScope::Group("silver".to_owned()), ..wanted(None, None) };
        assert!(open(elsewhere, 2, &user(Level::Admin), [&first], NOW).is_ok());
    }

    #[test]
    fn a_running_window_stops_now_a_planned_one_never_begins_and_one_that_is_over_stays() {
        let by = user(Level::Operator);
        let later = NOW.plus(HOUR);
        let running = opened(None, Some(5 * HOUR)).stop(&by, later).unwrap();
        assert_eq!((running.to, running.phase(later)), (Some(later), WindowPhase::Past));
        let planned = opened(Some(2 * HOUR), None);
        assert_eq!(planned.phase(NOW), WindowPhase::Planned);
        let cancelled = planned.stop(&by, later).unwrap();
        assert_eq!(cancelled.phase(later), WindowPhase::Cancelled);
        assert!(of_group([&cancelled], "gold").is_empty());
        assert_eq!(code(running.stop(&by, later)), RefusalCode::Unchanged);
        assert_eq!(code(cancelled.stop(&by, later)), RefusalCode::Unchanged);
        assert_eq!(code(planned.stop(&user(Level::User), later)), RefusalCode::Forbidden);
    }

    #[test]
    fn a_window_without_an_end_counts_until_now_and_not_into_the_future() {
        let window = opened(None, None);
        let later = NOW.plus(HOUR);
        let out = of_group([&window], "gold");
        assert_eq!(out.overlap_ms(NOW.plus(-DAY), later), HOUR);
        assert_eq!(out.ending_within(later, NOW.plus(DAY)).count(), 0);
        assert!(of_group([&window], "silver").is_empty());
    }

    #[test]
    fn a_node_takes_out_all_below_it_and_nothing_beside_it() {
        let path = |text: &str| ServicePath::parse(text).unwrap();
        let node = WindowScope::parse("node", "acme/shop").unwrap();
        assert!(node.covers(&path("acme/shop/prod/eu-1/db")));
        assert!(!node.covers(&path("acme/shopping/prod/eu-1/db")));
        let window = ExclusionWindow { scope: node, ..opened(None, Some(HOUR)) };
        let out = of_service([&window], &path("acme/shop/prod/eu-1/db"), None);
        assert_eq!(out.overlap_ms(NOW, NOW.plus(DAY)), HOUR);
        let of_its_group = of_service([&opened(None, Some(HOUR))], &path("a/b/c/d/e"), Some("gold"));
        assert_eq!(of_its_group.overlap_ms(NOW, NOW.plus(DAY)), HOUR);
        assert!(of_service([&opened(None, Some(HOUR))], &path("a/b/c/d/e"), None).is_empty());
    }

    #[test]
    fn members_are_taken_out_as_each_would_be_alone() {
        let path = |text: &str| ServicePath::parse(text).unwrap();
        let members: BTreeMap<ServicePath, ()> =
            ["a/b/c/d/db", "a/b/c/d/api", "a/x/c/d/db"].map(|p| (path(p), ())).into();
        let over = |scope, from, to| ExclusionWindow { scope, ..opened(Some(from), Some(to)) };
        let windows = [
            over(WindowScope::Service(path("a/b/c/d/db")), HOUR, 3 * HOUR),
            over(WindowScope::Node(NodePath::parse("a/b").unwrap()), 2 * HOUR, 4 * HOUR),
            over(WindowScope::Service(path("a/b/c/d/other")), HOUR, 2 * HOUR),
            over(group(), 0, DAY),
        ];
        let out = of_members(&windows, &members);
        assert_eq!(out.len(), 2);
        for (path, own) in &out {
            assert_eq!(*own, of_service(&windows, path, None), "{path}");
        }
    }

    #[test]
    fn of_windows_over_a_service_the_one_that_lasts_longest_is_meant_and_of_those_the_first() {
        let path = ServicePath::parse("a/b/c/d/db").unwrap();
        let of = |id, to| ExclusionWindow { id, ..opened(None, to) };
        let meant = |all: &[ExclusionWindow]| over(all, &path, Some("gold")).map(|window| window.id);
        assert_eq!(meant(&[of(1, Some(HOUR)), of(2, Some(2 * HOUR))]), Some(2));
        assert_eq!(
            meant(&[of(1, Some(HOUR)), of(2, None), of(3, Some(DAY)), of(4, None)]),
            Some(2),
            "no end lasts longest"
        );
        assert_eq!(over(&[of(1, None)], &path, None), None, "it is in no group");
    }

    #[test]
    fn scopes_are_read_strictly() {
        assert!(WindowScope::parse("service", "acme/shop/prod/eu-1").is_err());
        assert!(WindowScope::parse("node", "acme//prod").is_err());
        assert!(WindowScope::parse("group", " ").is_err());
        assert!(WindowScope::parse("team", "x").is_err());
        let back = |s: &WindowScope| WindowScope::parse(s.kind(), s.name());
        let scope = WindowScope::parse("service", "acme/shop/prod/eu-1/db").unwrap();
        assert_eq!(back(&scope), Ok(scope));
    }
}
