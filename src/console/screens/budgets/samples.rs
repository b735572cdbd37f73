//! Budgets for tests.

use crate::domain::{
    hierarchy::ServicePath,
    sla::{
        Aggregation, Alert, AlertSeverity, Budget, BudgetState, Burn, Exhaustion, Period, SlaGroup, Target, Tier,
        WINDOWS, Window,
    },
    time::{DAY, HOUR, MINUTE, Timestamp},
};

const AS_OF: Timestamp = Timestamp::from_ms(1_800_000_000_000);

/// A budget over 30 days at 99.9 % of which so much is allowed and gone.
pub fn budget(allowed_ms: i64, down_ms: i64) -> Budget {
    let left = allowed_ms - down_ms;
    Budget {
        target: Target::from_millionths(999_000).unwrap(),
        period: Period::Rolling(30),
        from: AS_OF.plus(-30 * DAY),
        as_of: AS_OF,
        span_ms: 30 * DAY,
        uptime_millionths: Some(999_125),
        worst_case_millionths: Some(998_000),
        coverage_millionths: 987_000,
        allowed_ms,
        down_ms,
        maintenance_ms: 0,
        burns: WINDOWS.iter().map(|w| Burn { window: *w, thousandths: Some(1_500) }).collect(),
        alerts: vec![
            Alert {
                severity: AlertSeverity::Page,
                long: Window(HOUR),
                short: Window(5 * MINUTE),
                factor_thousandths: 14_400,
                firing: left < 0,
                reachable: true,
            },
            Alert {
                severity: AlertSeverity::Ticket,
                long: Window(3 * DAY),
                short: Window(6 * HOUR),
                factor_thousandths: 1_000,
                firing: true,
                reachable: true,
            },
        ],
        state: if left < 0 { BudgetState::Breached } else { BudgetState::Met },
        exhaustion: if left < 0 {
            Exhaustion::Exhausted(Some(AS_OF.plus(-7 * HOUR)))
        } else {
            Exhaustion::In(12 * DAY)
        },
        exhausted_if_down_at: None,
    }
}

/// A group with two members and such a budget.
pub fn group(name: &str, allowed_ms: i64, down_ms: i64) -> SlaGroup {
    SlaGroup {
        name: name.to_owned(),
        display_name: String::new(),
        tier: Tier("high".to_owned()),
        aggregation: Aggregation::Worst,
        maintenance_is_down: false,
        members: ["acme/shop/prod/eu-1/checkout", "acme/shop/prod/eu-1/payment-api"]
            .map(|p| ServicePath::parse(p).unwrap())
            .into(),
        budget: budget(allowed_ms, down_ms),
        place: None,
    }
}
