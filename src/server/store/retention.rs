//! What is taken away of what was kept long enough.

use super::script::Script;

/// What retention takes away.
#[derive(Clone, Copy)]
pub struct Forget {
    /// Idempotency keys before this.
    pub keys_before: i64,
    /// Deliveries that were finished before this.
    pub deliveries_before: i64,
    /// Refresh tokens that ended at this moment or before.
    pub tokens_until: i64,
    /// Changes up to this seq.
    pub changes_up_to: i64,
    /// Changes before this moment, as long as their seq is not above `changes_kept_from`.
    pub changes_before: i64,
    /// The newest changes are kept whatever their age: those above this seq.
    pub changes_kept_from: i64,
    /// Figures told after the first and up to the second seq: newer ones have taken their place.
    pub figures_within: (i64, i64),
    /// Points of lines, and gaps between reports, that were over before this; the point in force then stays.
    pub points_before: Option<i64>,
}

impl Forget {
    pub(super) fn save(&self, to: &mut Script) {
        let mut older = |statement: &str, than: i64| {
            to.run(statement, |q| {
                q.push_bind(than);
            });
        };
        older("DELETE FROM idempotency WHERE at < ?", self.keys_before);
        older("DELETE FROM delivery WHERE finished_at < ?", self.deliveries_before);
        older("DELETE FROM refresh_token WHERE expires <= ?", self.tokens_until);
        older("DELETE FROM change_log WHERE seq <= ?", self.changes_up_to);
        // The log is in order of time, so that the first change that is young enough ends the search.
        to.run(
            "DELETE FROM change_log WHERE seq <= ? AND seq < COALESCE((SELECT seq FROM change_log WHERE at >= ? \
             ORDER BY seq LIMIT 1), ? + 1)",
            |q| {
                q.push_bind(self.changes_kept_from).push_bind(self.changes_before).push_bind(self.changes_kept_from);
            },
        );
        to.run("DELETE FROM change_log WHERE seq > ? AND seq <= ? AND fact LIKE '{\"budget_changed\":%'", |q| {
            q.push_bind(self.figures_within.0).push_bind(self.figures_within.1);
        });
        if let Some(before) = self.points_before {
            to.run(
                "DELETE FROM status_history WHERE at < ? AND EXISTS (SELECT 1 FROM history_place AS later \
                 WHERE later.service_id = status_history.service_id AND later.at > status_history.at AND later.at <= ?)",
                |q| {
                    q.push_bind(before).push_bind(before);
                },
            );
            to.run(
                "DELETE FROM history_place WHERE at < ? \
                 AND NOT EXISTS (SELECT 1 FROM status_history WHERE id = history_place.point)",
                |q| {
                    q.push_bind(before);
                },
            );
            to.run("DELETE FROM report_gap WHERE next < ?", |q| {
                q.push_bind(before);
            });
        }
    }
}
