//! Targets and periods.

use super::calendar;
use crate::domain::{
    health::Criticality,
    time::{DAY, Timestamp},
};

/// Millionths in the whole.
pub const MILLION: i64 = 1_000_000;

/// Promised uptime in millionths: 99.9 % is 999,000. Always above 0 and below 1,000,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target(u32);

impl Target {
    /// The target of so many millionths, if it can be kept and broken.
    pub const fn from_millionths(millionths: u32) -> Option<Self> {
        if millionths == 0 || millionths >= 1_000_000 { None } else { Some(Self(millionths)) }
    }

    /// The target for a percentage such as 99.95, rounded to a ten-thousandth of a percent.
    pub fn from_percent(percent: f64) -> Option<Self> {
        if !percent.is_finite() || percent <= 0.0 || percent >= 100.0 {
            return None;
        }
        // In range by the check above: at most 1,000,000.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Self::from_millionths((percent * 10_000.0).round() as u32)
    }

    /// Millionths of the time that must be up.
    pub const fn millionths(self) -> u32 {
        self.0
    }

    /// Millionths of the time that may be down; never 0.
    pub const fn allowed_millionths(self) -> u32 {
        1_000_000 - self.0
    }
}

/// A class of promise.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tier(pub String);

impl Tier {
    /// The target of a tier by its documented word, else the one of `medium`.
    pub fn default_target(&self) -> Target {
        Self::target_of(Criticality::parse(&self.0).unwrap_or_default())
    }

    /// The documented target of a criticality: 99.99, 99.9, 99.5, 99.0.
    pub const fn target_of(criticality: Criticality) -> Target {
        match criticality {
            Criticality::Critical => Target(999_900),
            Criticality::High => Target(999_000),
            Criticality::Medium => Target(995_000),
            Criticality::Low => Target(990_000),
        }
    }
}

/// Over what a promise is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Period {
    /// The last so many days, at every moment.
    Rolling(u32),
    /// The calendar month in UTC.
    Month,
    /// The calendar quarter in UTC.
    Quarter,
    /// The calendar year in UTC.
    Year,
}

impl Default for Period {
    fn default() -> Self {
        Self::Rolling(30)
    }
}

impl Period {
    /// The declared word, for example `30d` or `month`.
    pub fn word(self) -> String {
        match self {
            Self::Rolling(days) => format!("{days}d"),
            Self::Month => "month".to_owned(),
            Self::Quarter => "quarter".to_owned(),
            Self::Year => "year".to_owned(),
        }
    }

    /// The period for a declared word: `7d 28d 30d 90d month quarter year`.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "7d" => Some(Self::Rolling(7)),
            "28d" => Some(Self::Rolling(28)),
            "30d" => Some(Self::Rolling(30)),
            "90d" => Some(Self::Rolling(90)),
            "month" => Some(Self::Month),
            "quarter" => Some(Self::Quarter),
            "year" => Some(Self::Year),
            _ => None,
        }
    }

    /// Length of a rolling period in milliseconds; none for calendar ones.
    pub const fn rolling_ms(self) -> Option<i64> {
        match self {
            Self::Rolling(days) => Some(days as i64 * DAY),
            Self::Month | Self::Quarter | Self::Year => None,
        }
    }

    /// First moment of the period that `now` lies in, and its end: `now` itself for a rolling one, the first moment
    /// of the next month, quarter or year (UTC) for a calendar one.
    pub fn bounds(self, now: Timestamp) -> (Timestamp, Timestamp) {
        match self {
            Self::Rolling(days) => (now.plus(-(i64::from(days) * DAY)), now),
            Self::Month => calendar::bounds(now, 1),
            Self::Quarter => calendar::bounds(now, 3),
            Self::Year => calendar::bounds(now, 12),
        }
    }

    /// Whole length in milliseconds; of a calendar period the one that `now` lies in.
    pub fn length_ms(self, now: Timestamp) -> i64 {
        let (from, to) = self.bounds(now);
        to.since(from)
    }
}
