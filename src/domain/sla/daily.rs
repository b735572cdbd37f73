//! The daily report: what somebody who was asleep wants to read at breakfast.

use super::{ExclusionWindow, PeriodResult, Restatement, SlaGroup};
use crate::domain::{detail::Incident, time::Timestamp};

/// Why a report was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReportCause {
    /// Its hour came, or the core was away when it did.
    Schedule,
    /// Somebody asked for it.
    Request,
}

impl ReportCause {
    /// `schedule` or `request`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Request => "request",
        }
    }
}

/// One report. Everything in it is as it was at `made_at`.
#[derive(Clone, Debug, PartialEq)]
pub struct DailyReport {
    /// Why it was made.
    pub cause: ReportCause,
    /// When.
    pub made_at: Timestamp,
    /// First moment of what it looks back on.
    pub from: Timestamp,
    /// Whether histories in it were made up for a demonstration.
    pub simulated: bool,
    /// Worst first.
    pub groups: Vec<GroupReport>,
    /// Groups that were taken out of the declaration in the days and the month that are told of, by name.
    pub retired_groups: Vec<RetiredReport>,
    /// DOWN times of members since `from`: those that go on first, then the longest.
    pub incidents: Vec<Incident>,
    /// How many shorter ones there were besides.
    pub incidents_left_out: usize,
    /// Windows in force, planned, or that ended since `from`, by number.
    pub windows: Vec<ExclusionWindow>,
    /// Results corrected since `from`, oldest first.
    pub restatements: Vec<Restatement>,
    /// How many later ones there were besides.
    pub restatements_left_out: usize,
}

/// What is told of a group that is not declared any more.
#[derive(Clone, Debug, PartialEq)]
pub struct RetiredReport {
    /// Short name.
    pub group: String,
    /// First moment at which it was not declared.
    pub until: Timestamp,
    /// Its last day; none when that was longer ago than reports look at.
    pub day: Option<PeriodResult>,
    /// Its part of the month; none when it was gone before that began.
    pub month: Option<PeriodResult>,
}

/// One group in a report.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupReport {
    /// With its figures of the period it promises.
    pub group: SlaGroup,
    /// The newest closed day; none without data.
    pub day: Option<PeriodResult>,
    /// The month so far.
    pub month: Option<PeriodResult>,
}
