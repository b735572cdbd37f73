//! One promise in figures: budget, burn, alerts, exhaustion. The arithmetic is in [`super::arithmetic`].

pub use super::arithmetic::{EXHAUSTION_WINDOW, burn_down, compute, measure};
use super::{Period, Target};
use crate::domain::time::{DAY, HOUR, MINUTE, Timestamp};

/// A window over which burn is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window(pub i64);

/// The windows shown and used by alert pairs, shortest first, in milliseconds.
pub const WINDOWS: [Window; 8] = [
    Window(5 * MINUTE),
    Window(30 * MINUTE),
    Window(HOUR),
    Window(2 * HOUR),
    Window(6 * HOUR),
    Window(DAY),
    Window(3 * DAY),
    Window(7 * DAY),
];

/// Burn over one window: how many times faster than evenly the budget is spent. 1.0 spends it exactly.
/// `down / max(up + down, window / 2) / (1 - target)`; why the half is there, says the arithmetic in `rate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burn {
    /// Over what.
    pub window: Window,
    /// In thousandths, rounded down; none while under half of what exclusion windows leave of the window is known.
    pub thousandths: Option<i64>,
}

/// What an alert asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertSeverity {
    /// Work in hours.
    Ticket,
    /// Wake somebody.
    Page,
}

/// One pair of windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alert {
    /// What it asks for.
    pub severity: AlertSeverity,
    /// Long window.
    pub long: Window,
    /// Short window: decides how soon it resets.
    pub short: Window,
    /// Burn above which both must be, in thousandths; derived from the period.
    pub factor_thousandths: i64,
    /// Whether it fires.
    pub firing: bool,
    /// Whether its target can ever reach the factor (a burn is at most 1 / allowed share).
    pub reachable: bool,
}

/// How a promise stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum BudgetState {
    /// Kept.
    Met,
    /// Below half coverage and not broken for certain: nobody can say.
    #[default]
    Insufficient,
    /// An alert fires or under a quarter remains; while somebody is silent, under a quarter for sure: with the time since
    /// its last word counted as down.
    AtRisk,
    /// Broken: down exceeds what the whole span allows, whatever is unknown in it.
    Breached,
}

impl BudgetState {
    /// The word used in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Met => "MET",
            Self::Insufficient => "INSUFFICIENT",
            Self::AtRisk => "AT_RISK",
            Self::Breached => "BREACHED",
        }
    }

    /// The state for a word of the API.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Met, Self::Insufficient, Self::AtRisk, Self::Breached].into_iter().find(|s| s.word() == word)
    }
}

/// When the budget will be gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Exhaustion {
    /// Nobody can say: under half of the window is known, or nothing is promised yet.
    #[default]
    Unknown,
    /// Nothing is being spent.
    NotBurning,
    /// In so many milliseconds at the burn of the 6 h window.
    In(i64),
    /// Not before the calendar period ends.
    NotBeforeReset,
    /// Gone already, since this moment: from it on nothing was left. None: for one rolling period or longer.
    Exhausted(Option<Timestamp>),
}

/// One promise in figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// What was promised.
    pub target: Target,
    /// Over what.
    pub period: Period,
    /// First moment counted.
    pub from: Timestamp,
    /// When these figures were taken.
    pub as_of: Timestamp,
    /// Elapsed and counted span, in milliseconds: the period cut at the first report, without exclusion windows. For a
    /// mean this and all times below are sums over the members.
    pub span_ms: i64,
    /// Share of up in up + down, in millionths; none without either.
    pub uptime_millionths: Option<u32>,
    /// The same with unknown counted as down.
    pub worst_case_millionths: Option<u32>,
    /// Share of the span that is known, in millionths.
    pub coverage_millionths: u32,
    /// Downtime the promise allows, in milliseconds. A calendar period's is that of the whole period, from the first
    /// report to its end.
    pub allowed_ms: i64,
    /// Downtime there was, in milliseconds.
    pub down_ms: i64,
    /// Self-declared maintenance, in milliseconds. A `worst` group whose promise counts it as down has it in `down_ms`
    /// only.
    pub maintenance_ms: i64,
    /// Burn by window, shortest first.
    pub burns: Vec<Burn>,
    /// The alert pairs.
    pub alerts: Vec<Alert>,
    /// How it stands.
    pub state: BudgetState,
    /// When it will be gone.
    pub exhaustion: Exhaustion,
    /// From when on nothing will be left if whoever is down at `as_of` stays down and all others stay as they are. None: nobody
    /// is down who counts, nothing is left already, or it lasts all the same: to the end of a calendar period, or because
    /// a rolling one gives back as much.
    pub exhausted_if_down_at: Option<Timestamp>,
}

impl Budget {
    /// Downtime left, in milliseconds; negative once broken.
    pub const fn remaining_ms(&self) -> i64 {
        self.allowed_ms - self.down_ms
    }

    /// Share of the budget that is left, in thousandths, rounded down so that what is broken never reads as nothing left;
    /// negative once broken, none when nothing is allowed yet.
    pub fn remaining_thousandths(&self) -> Option<i64> {
        left_thousandths(self.allowed_ms, self.down_ms)
    }

    /// The burn over `window`, in thousandths.
    pub fn burn(&self, window: Window) -> Option<i64> {
        self.burns.iter().find(|b| b.window == window).and_then(|b| b.thousandths)
    }

    /// When it will be gone or since when it is, as read at `now`, with what that goes by: the one wording of reports,
    /// commands and screens. While something is down that counts, that decides, and not the last 6h. `length` writes a
    /// length of time as its reader is used to, `past` a moment: `3h ago`, `since 08:00`.
    pub fn outlook(
        &self,
        now: Timestamp,
        length: impl FnOnce(i64) -> String,
        past: impl FnOnce(Timestamp) -> String,
    ) -> String {
        if let Some(at) = self.exhausted_if_down_at {
            return format!("gone {} it stays down", if_down(at, now, length));
        }
        match self.exhaustion {
            Exhaustion::Unknown => "not known: too little of the last 6h is known".to_owned(),
            Exhaustion::NotBurning => "not burning: nothing spent in the last 6h".to_owned(),
            Exhaustion::In(_) => format!("gone {}", self.gone(now, length, past)),
            Exhaustion::NotBeforeReset => "not before the reset going by the last 6h".to_owned(),
            Exhaustion::Exhausted(_) => format!("exhausted {}", self.gone(now, length, past)),
        }
    }

    /// The same, short enough for a column.
    pub fn gone(
        &self,
        now: Timestamp,
        length: impl FnOnce(i64) -> String,
        past: impl FnOnce(Timestamp) -> String,
    ) -> String {
        if let Some(at) = self.exhausted_if_down_at {
            return format!("{} down", if_down(at, now, length));
        }
        match self.exhaustion {
            Exhaustion::Unknown => "not known".to_owned(),
            Exhaustion::NotBurning => "not burning".to_owned(),
            Exhaustion::In(ms) => format!("in {} going by the last 6h", length(ms)),
            Exhaustion::NotBeforeReset => "not before the reset".to_owned(),
            Exhaustion::Exhausted(Some(at)) => past(at),
            Exhaustion::Exhausted(None) => format!("for over {}", self.period.word()),
        }
    }

    /// Since when nothing is left; none where something is, and where nobody can tell.
    pub const fn exhausted_since(&self) -> Option<Timestamp> {
        match self.exhaustion {
            Exhaustion::Exhausted(since) => since,
            _ => None,
        }
    }

    /// The worst alert that fires.
    pub fn firing(&self) -> Option<AlertSeverity> {
        self.alerts.iter().filter(|a| a.firing).map(|a| a.severity).max()
    }
}

/// Share of `allowed_ms` that is left, in thousandths: [`Budget::remaining_thousandths`].
pub(super) fn left_thousandths(allowed_ms: i64, down_ms: i64) -> Option<i64> {
    if allowed_ms == 0 {
        return None;
    }
    let share = (i128::from(allowed_ms - down_ms) * 1000).div_euclid(i128::from(allowed_ms));
    i64::try_from(share).ok()
}

/// Up to `while`: what follows says of what. Figures may be older than `now`.
fn if_down(at: Timestamp, now: Timestamp, length: impl FnOnce(i64) -> String) -> String {
    match at.since(now) {
        ..=0 => "by now while".to_owned(),
        left => format!("in {} while", length(left)),
    }
}
