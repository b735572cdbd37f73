//! What closed days and months came to, and what corrected it.

use std::collections::BTreeMap;

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use super::{
    core, invalid,
    page::{self, PageInfo},
    refuse,
    sla::mean,
    user,
};
use crate::{
    domain::{
        sla::{BudgetState, RestatementFilter, ResultPeriod},
        time::Timestamp,
    },
    server::wire::{
        Time,
        results::{PeriodResultView, RestatementView, month},
    },
};

/// Furthest look back, in months; an older month is asked for by its name.
const MONTHS_LIMIT: i32 = 36;

/// Queries on results.
#[derive(Default)]
pub struct ResultsQuery;

/// One day or month of all groups.
#[derive(SimpleObject)]
pub struct TrendPoint {
    /// `2026-01-31` or `2026-01`.
    period_key: String,
    /// When it begins, UTC.
    period_start: Time,
    /// Mean uptime of the groups in percent; none without data.
    actual_value: Option<f64>,
    /// The worst of the groups' results.
    status: &'static str,
}

/// Which periods.
#[derive(InputObject)]
pub struct TrendFilter {
    /// `DAILY` or `MONTHLY`.
    #[graphql(default = "DAILY")]
    period_type: String,
    /// How many months of the calendar back: on 3 March, 1 is from 3 February on by day, February and March by month.
    /// Not looked at with `month`.
    #[graphql(default = 1)]
    months_back: i32,
    /// Of this month only, like `2026-01`.
    month: Option<String>,
    /// Of this group only.
    group: Option<String>,
}

/// Which restatements. What is left out does not filter.
#[derive(InputObject, Default)]
pub struct RestatementsFilter {
    /// Of this group only.
    group: Option<String>,
    /// Of the results of this month and of its days, like `2026-01`.
    month: Option<String>,
    /// Made in the last so many months.
    months_back: Option<i32>,
}

/// A page of results.
#[derive(SimpleObject)]
#[graphql(name = "SlaPeriodResultPage")]
pub struct PeriodResultPage {
    /// The rows.
    nodes: Vec<PeriodResultView>,
    /// How many there are on all pages.
    total_count: u64,
    /// Where this page ends.
    page_info: PageInfo,
}

/// A page of restatements.
#[derive(SimpleObject)]
pub struct RestatementPage {
    /// The rows.
    nodes: Vec<RestatementView>,
    /// How many there are on all pages.
    total_count: u64,
    /// Where this page ends.
    page_info: PageInfo,
}

#[Object]
impl ResultsQuery {
    /// All groups by day or month, oldest first.
    #[graphql(complexity = "100 * child_complexity")]
    async fn sla_trend_data(&self, ctx: &Context<'_>, filter: Option<TrendFilter>) -> Result<Vec<TrendPoint>> {
        let results = results(ctx, filter).await?;
        let mut periods: BTreeMap<Timestamp, Vec<PeriodResultView>> = BTreeMap::new();
        for result in results {
            periods.entry(result.period_start.0).or_default().push(result);
        }
        Ok(periods
            .into_iter()
            .map(|(start, all)| TrendPoint {
                period_key: all.first().map(|r| r.period_key.clone()).unwrap_or_default(),
                period_start: Time(start),
                actual_value: mean(all.iter().filter_map(|r| r.actual_value)),
                status: worst(all.iter().map(|r| r.status)),
            })
            .collect())
    }

    /// Each group by day or month, oldest first: as kept when the period was closed, and corrected only with a
    /// restatement: what came late is counted in at the next full hour. The newest may still run.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn sla_period_results(
        &self,
        ctx: &Context<'_>,
        filter: Option<TrendFilter>,
        first: Option<u32>,
        after: Option<String>,
    ) -> Result<PeriodResultPage> {
        let rows = page::rows(ctx, first)?;
        let begin = |key: String| {
            let (at, group) = key.split_once(' ')?;
            Some((at.parse::<i64>().ok()?, group.to_owned()))
        };
        let not_ours = || invalid(ctx, "`after` is not a cursor of this list");
        let after = page::key(ctx, after)?.map(|key| begin(key).ok_or_else(not_ours)).transpose()?;
        let found = results(ctx, filter).await?;
        let key = |result: &PeriodResultView| (result.period_start.0.ms(), result.group.clone());
        let page::Cut { nodes, total_count, page_info } =
            page::cut(found, after.as_ref(), rows, key, |(at, group)| format!("{at} {group}"));
        Ok(PeriodResultPage { nodes, total_count, page_info })
    }

    /// Results that were corrected after they were kept, in the order in which that was done.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn sla_restatements(
        &self,
        ctx: &Context<'_>,
        filter: Option<RestatementsFilter>,
        first: Option<u32>,
        after: Option<String>,
    ) -> Result<RestatementPage> {
        user(ctx)?;
        let rows = page::rows(ctx, first)?;
        let after = page::key(ctx, after)?.map(|key| key.parse::<u64>()).transpose();
        let after = after.map_err(|_| invalid(ctx, "`after` is not a cursor of this list"))?.unwrap_or(0);
        let filter = filter.unwrap_or_default();
        let core = core(ctx)?;
        let now = core.world().now();
        let wanted = RestatementFilter {
            group: filter.group,
            since: filter.months_back.map(|months| back(now, months)),
            periods: filter.month.map(|month| the_month(ctx, &month)).transpose()?,
        };
        let (mut found, total_count) = core.restatements(&wanted, after, rows + 1).await.map_err(|e| refuse(ctx, e))?;
        let has_next_page = found.len() > rows;
        found.truncate(rows);
        let end_cursor = found.last().map(|restatement| page::cursor(&restatement.id.to_string()));
        Ok(RestatementPage {
            nodes: found.into_iter().map(Into::into).collect(),
            total_count,
            page_info: PageInfo { has_next_page, end_cursor },
        })
    }
}

async fn results(ctx: &Context<'_>, filter: Option<TrendFilter>) -> Result<Vec<PeriodResultView>> {
    user(ctx)?;
    let filter = filter.unwrap_or_else(|| TrendFilter {
        period_type: "DAILY".to_owned(),
        months_back: 1,
        month: None,
        group: None,
    });
    let period = ResultPeriod::parse(&filter.period_type).ok_or_else(|| {
        let other = filter.period_type.to_ascii_uppercase();
        invalid(ctx, format!("{} (DAILY or MONTHLY)", super::health::not_a("periodType", &other)))
    })?;
    let core = core(ctx)?;
    let now = core.world().now();
    let span = match filter.month {
        Some(month) => the_month(ctx, &month)?,
        None => (period.bounds(back(now, filter.months_back)).0, now),
    };
    let results = core.period_results(period, filter.group.as_deref(), span).await.map_err(|e| refuse(ctx, e))?;
    Ok(results.into_iter().map(Into::into).collect())
}

/// The same day and hour so many months of the calendar before `now`, in UTC; the last day of a month that has no such day.
fn back(now: Timestamp, months: i32) -> Timestamp {
    let months = jiff::Span::new().months(months.clamp(1, MONTHS_LIMIT));
    let at = jiff::Timestamp::from_millisecond(now.ms()).map(|at| at.to_zoned(jiff::tz::TimeZone::UTC));
    let back = at.and_then(|at| at.checked_sub(months));
    back.map_or(now, |at| Timestamp::from_ms(at.timestamp().as_millisecond()))
}

fn the_month(ctx: &Context<'_>, key: &str) -> Result<(Timestamp, Timestamp)> {
    month(key).ok_or_else(|| invalid(ctx, format!("{} (like 2026-01)", super::health::not_a("month", key))))
}

fn worst<'a>(words: impl Iterator<Item = &'a str>) -> &'static str {
    words.filter_map(BudgetState::parse).max().unwrap_or_default().word()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_back_are_those_of_the_calendar() {
        let at = |text: &str| crate::server::wire::parse_time(text).unwrap();
        for (now, months, wanted) in [
            ("2026-03-03T05:00:00Z", 1, "2026-02-03T05:00:00Z"),
            ("2026-03-31T05:00:00Z", 1, "2026-02-28T05:00:00Z"),
            ("2026-01-15T00:00:00Z", 13, "2024-12-15T00:00:00Z"),
            ("2026-01-15T00:00:00Z", 0, "2025-12-15T00:00:00Z"),
            ("2026-01-15T00:00:00Z", 500, "2023-01-15T00:00:00Z"),
        ] {
            assert_eq!(back(at(now), months), at(wanted), "{months} before {now}");
        }
    }

    #[test]
    fn the_worst_result_counts_and_no_data_is_no_promise_kept() {
        assert_eq!(worst(["MET", "BREACHED", "INSUFFICIENT"].into_iter()), "BREACHED");
        assert_eq!(worst(["MET", "INSUFFICIENT"].into_iter()), "INSUFFICIENT", "who says nothing is not healthy");
        assert_eq!(worst(std::iter::empty()), "INSUFFICIENT");
    }
}
