//! Promises and their figures.

use serde::{Deserialize, Serialize};

use super::{Stored, stored};
use crate::domain::{
    change::Actor,
    gitops::Place,
    hierarchy::{NodePath, ServicePath},
    sla::{
        Aggregation, Alert, AlertSeverity, Budget, BudgetState, Burn, Correction, DeclaredGroup, ExclusionWindow,
        Exhaustion, Figures, Period, PeriodResult, Restatement, ResultPeriod, RetiredGroup, SlaGroup, Target, Tier,
        Window, WindowScope,
    },
    time::Timestamp,
};

stored! {
    Burn as BurnForm { window: Window, thousandths: Option<i64> }
    Alert as AlertForm {
        severity: AlertSeverity,
        long: Window,
        short: Window,
        factor_thousandths: i64,
        firing: bool,
        reachable: bool,
    }
    Budget as BudgetForm {
        target: Target,
        period: Period,
        from: Timestamp,
        as_of: Timestamp,
        span_ms: i64,
        uptime_millionths: Option<u32>,
        worst_case_millionths: Option<u32>,
        coverage_millionths: u32,
        allowed_ms: i64,
        down_ms: i64,
        maintenance_ms: i64,
        burns: Vec<Burn>,
        alerts: Vec<Alert>,
        state: BudgetState,
        exhaustion: Exhaustion,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exhausted_if_down_at: Option<Timestamp>,
    }
    SlaGroup as SlaGroupForm {
        name: String,
        display_name: String,
        tier: Tier,
        aggregation: Aggregation,
        #[serde(default)]
        maintenance_is_down: bool,
        members: Vec<ServicePath>,
        budget: Budget,
        place: Option<Place>,
    }
    ExclusionWindow as ExclusionWindowForm {
        id: u64,
        scope: WindowScope,
        from: Timestamp,
        to: Option<Timestamp>,
        reason: String,
        opened_by: Actor,
        opened_at: Timestamp,
        stopped: Option<(Actor, Timestamp)>,
    }
    Figures as FiguresForm {
        uptime_millionths: Option<u32>,
        coverage_millionths: u32,
        allowed_ms: i64,
        down_ms: i64,
        excluded_ms: i64,
        state: BudgetState,
    }
    PeriodResult as PeriodResultForm {
        group: String,
        period: ResultPeriod,
        from: Timestamp,
        target: Target,
        aggregation: Aggregation,
        maintenance_is_down: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        measured_from: Option<Timestamp>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        figures: Figures,
        is_closed: bool,
    }
    Restatement as RestatementForm {
        id: u64,
        group: String,
        period: ResultPeriod,
        from: Timestamp,
        was: Figures,
        is: Figures,
        at: Timestamp,
        actor: Actor,
        reason: String,
    }
    Correction as CorrectionForm {
        groups: Vec<String>,
        from: Timestamp,
        to: Timestamp,
        actor: Actor,
        reason: String,
        #[serde(default)]
        services: Vec<ServicePath>,
        #[serde(default)]
        has_others: bool,
        #[serde(default)]
        due: Timestamp,
    }
    DeclaredGroup as DeclaredGroupForm {
        name: String,
        display_name: String,
        tier: Tier,
        target: Target,
        period: Period,
        aggregation: Aggregation,
        #[serde(default)]
        maintenance_is_down: bool,
        #[serde(default)]
        response_ms: Option<i64>,
        #[serde(default)]
        resolution_ms: Option<i64>,
        #[serde(default)]
        nodes: Vec<NodePath>,
        place: Option<Place>,
        target_place: Option<Place>,
    }
    RetiredGroup as RetiredGroupForm { group: DeclaredGroup, until: Timestamp }
}

/// The written form of [`Exhaustion`].
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExhaustionForm {
    /// See [`Exhaustion::Unknown`].
    Unknown,
    /// See [`Exhaustion::NotBurning`].
    NotBurning,
    /// See [`Exhaustion::In`].
    InMs(i64),
    /// See [`Exhaustion::NotBeforeReset`].
    NotBeforeReset,
    /// See [`Exhaustion::Exhausted`], without a moment.
    Exhausted,
    /// See [`Exhaustion::Exhausted`], in milliseconds.
    ExhaustedSince(i64),
}

impl Stored for Exhaustion {
    type Form = ExhaustionForm;
    fn form(&self) -> ExhaustionForm {
        match *self {
            Self::Unknown => ExhaustionForm::Unknown,
            Self::NotBurning => ExhaustionForm::NotBurning,
            Self::In(ms) => ExhaustionForm::InMs(ms),
            Self::NotBeforeReset => ExhaustionForm::NotBeforeReset,
            Self::Exhausted(None) => ExhaustionForm::Exhausted,
            Self::Exhausted(Some(at)) => ExhaustionForm::ExhaustedSince(at.form()),
        }
    }
    fn back(form: ExhaustionForm) -> Result<Self, String> {
        Ok(match form {
            ExhaustionForm::Unknown => Self::Unknown,
            ExhaustionForm::NotBurning => Self::NotBurning,
            ExhaustionForm::InMs(ms) => Self::In(ms),
            ExhaustionForm::NotBeforeReset => Self::NotBeforeReset,
            ExhaustionForm::Exhausted => Self::Exhausted(None),
            ExhaustionForm::ExhaustedSince(ms) => Self::Exhausted(Some(Timestamp::back(ms)?)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::store::encoding::{from_text, to_text};

    #[test]
    fn since_when_a_budget_is_gone_comes_back_as_it_was_written_and_what_was_written_before_is_still_read() {
        for exhaustion in [Exhaustion::Exhausted(Some(Timestamp::from_ms(7))), Exhaustion::Exhausted(None)] {
            assert_eq!(from_text::<Exhaustion>(&to_text(&exhaustion).unwrap()).unwrap(), exhaustion);
        }
        assert_eq!(from_text::<Exhaustion>(r#""exhausted""#).unwrap(), Exhaustion::Exhausted(None));
    }
}
