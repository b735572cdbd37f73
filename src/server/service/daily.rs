//! The daily report: when it is due, and what stands in it. How it looks as a file is in `server::report`.

use std::{collections::BTreeMap, path::PathBuf};

use jiff::{ToSpan, civil::Time};

use super::{Core, Failure, IncidentFilter};
use crate::{
    domain::{
        health::{Status, Trouble},
        sla::{
            PeriodResult, RestatementFilter, ResultPeriod, SlaGroup, WindowPhase,
            daily::{DailyReport, GroupReport, ReportCause, RetiredReport},
        },
        time::{DAY, Timestamp},
    },
    server::{store::load::LINE_KEPT_MS, wire::rfc3339},
};

/// When the report is due, by the clock of its time zone.
const HOUR_OF_REPORT: Time = Time::constant(7, 0, 0, 0);
/// Most incidents in one report.
const INCIDENTS_TOLD: usize = 200;
/// Most restatements in one report.
const RESTATEMENTS_TOLD: usize = 500;

/// A report that is due: its date, and when it was to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueReport {
    /// `2026-11-27`, in the report's time zone.
    pub date: String,
    /// Seven o'clock on that date.
    pub at: Timestamp,
    /// Seven o'clock on the date before.
    pub before: Timestamp,
}

impl Core {
    /// Folder of the reports' files.
    pub fn report_folder(&self) -> PathBuf {
        self.0.settings.data_dir.join("reports")
    }

    /// Waits until nobody else makes a report; holds others off until it is let go.
    pub async fn report_turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.0.report_turn.lock().await
    }

    /// Before which date daily reports go, `2026-11-27`: they are kept as long as raw history.
    pub fn reports_kept_from(&self) -> String {
        let kept = self.0.settings.history_kept_ms.max(LINE_KEPT_MS);
        let from = rfc3339(self.0.world.now().plus(-kept));
        from.split('T').next().unwrap_or_default().to_owned()
    }

    /// The newest report whose hour has come. None while nothing was reported before that hour: there is nothing to
    /// tell.
    pub fn due_report(&self) -> Option<DueReport> {
        let now = self.0.world.now();
        let zone = &self.0.settings.report_zone;
        let local = jiff::Timestamp::from_millisecond(now.ms()).ok()?.to_zoned(zone.clone());
        let hour = |date: jiff::civil::Date| date.to_datetime(HOUR_OF_REPORT).to_zoned(zone.clone()).ok();
        let today = hour(local.date())?;
        let due = if today <= local { today } else { hour(local.date().checked_sub(1.day()).ok()?)? };
        let before = hour(due.date().checked_sub(1.day()).ok()?)?;
        let [at, before] = [&due, &before].map(|hour| Timestamp::from_ms(hour.timestamp().as_millisecond()));
        let has_past =
            self.0.shared.with_lines(|lines| lines.values().any(|l| l.first().is_some_and(|first| first < at)));
        has_past.then(|| DueReport { date: due.date().to_string(), at, before })
    }

    /// Whether a report that was missed has to wait: until those who report were heard again, nobody knows what was
    /// while the core was away.
    pub fn is_too_early_for(&self, due: &DueReport) -> bool {
        let opened = self.0.opened_at;
        due.at < opened && self.0.world.now().since(opened) < self.0.settings.default_every_ms
    }

    /// What a report made now says that looks back to `from`.
    ///
    /// # Errors
    /// A fault when the store cannot be read.
    pub async fn daily_report(&self, cause: ReportCause, from: Timestamp) -> Result<DailyReport, Failure> {
        let now = self.0.world.now();
        let this_month = ResultPeriod::Month.bounds(now).0;
        // The day before yesterday is the newest closed one for the first minutes of a day.
        let newest_days = (ResultPeriod::Day.bounds(now.plus(-2 * DAY)).0, now);
        let days = self.period_results(ResultPeriod::Day, None, newest_days).await?;
        let months = self.period_results(ResultPeriod::Month, None, (this_month, now)).await?;
        let groups = self.figures(now).await?;
        let (simulated, windows) = self
            .read(|estate| {
                let is_told = |phase, to: Option<Timestamp>| match phase {
                    WindowPhase::Active | WindowPhase::Planned => true,
                    WindowPhase::Past => to.is_some_and(|to| to > from),
                    WindowPhase::Cancelled => false,
                };
                let told = estate.windows.values().filter(|w| is_told(w.phase(now), w.to));
                (estate.simulated, told.cloned().collect())
            })
            .await;
        let of = |all: &[PeriodResult], group: &SlaGroup, fits: &dyn Fn(&PeriodResult) -> bool| {
            all.iter().rev().find(|r| r.group == group.name && fits(r)).cloned()
        };
        let mut groups: Vec<GroupReport> = groups
            .into_iter()
            .map(|group| GroupReport {
                day: of(&days, &group, &|r| r.is_closed),
                month: of(&months, &group, &|r| r.from == this_month),
                group,
            })
            .collect();
        let retired_groups = retired(&days, &months, &groups);
        groups.sort_by(|a, b| {
            let worst =
                |g: &GroupReport| (std::cmp::Reverse(g.group.budget.state), g.group.budget.remaining_thousandths());
            worst(a).cmp(&worst(b)).then_with(|| a.group.name.cmp(&b.group.name))
        });
        let filter = IncidentFilter { worst: Some(Status::Down), ..IncidentFilter::default() };
        let mut down = self.troubles_since(from, &filter).await;
        // Of very many the short ones are left out, never what still goes on.
        let down_ms = |t: &Trouble| t.to.unwrap_or(now).since(t.from) - t.other_ms;
        down.sort_by_key(|(_, t)| (t.to.is_some(), std::cmp::Reverse(down_ms(t))));
        let incidents_left_out = down.len().saturating_sub(INCIDENTS_TOLD);
        down.truncate(INCIDENTS_TOLD);
        let corrected = RestatementFilter { since: Some(from), ..RestatementFilter::default() };
        let (restatements, all) = self.restatements(&corrected, 0, RESTATEMENTS_TOLD).await?;
        Ok(DailyReport {
            cause,
            made_at: now,
            from,
            simulated,
            groups,
            retired_groups,
            incidents: self.told(down).await?,
            incidents_left_out,
            windows,
            restatements_left_out: usize::try_from(all).unwrap_or(usize::MAX).saturating_sub(restatements.len()),
            restatements,
        })
    }
}

/// Groups that results of these days and of this month were cut short of, and that did not come back.
fn retired(days: &[PeriodResult], months: &[PeriodResult], live: &[GroupReport]) -> Vec<RetiredReport> {
    let mut found: BTreeMap<&str, RetiredReport> = BTreeMap::new();
    for result in days.iter().chain(months).filter(|result| live.iter().all(|g| g.group.name != result.group)) {
        let Some(until) = result.until else { continue };
        let nothing = || RetiredReport { group: result.group.clone(), until, day: None, month: None };
        let told = found.entry(&result.group).or_insert_with(nothing);
        match result.period {
            ResultPeriod::Day => told.day = Some(result.clone()),
            ResultPeriod::Month => told.month = Some(result.clone()),
        }
    }
    found.into_values().collect()
}
