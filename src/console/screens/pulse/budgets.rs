//! The panel of budgets, where there is room for one.

use ratatui::layout::Rect;

use super::words;
use crate::{
    console::{
        format,
        paint::{Canvas, Pen},
        screens::words as shared,
        state::State,
        theme::Role,
    },
    domain::sla::{BudgetState, SlaGroup},
};

/// Budgets, worst first, each with a bar of what is left.
pub(super) fn view(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    if area.height == 0 {
        return;
    }
    let mut groups: Vec<&SlaGroup> = state.replica.estate.budgets.values().collect();
    groups.sort_by_key(|g| (g.budget.remaining_thousandths().unwrap_or(i64::MAX), g.name.clone()));
    let rows = canvas.heading(area, "Budgets", &groups.len().to_string(), false);
    let shown = groups.len().min(usize::from(rows.height.saturating_sub(1)));
    let outlooks: Vec<String> =
        groups[..shown].iter().map(|g| words::gone(&g.budget, canvas.now, |at| canvas.when_said(at))).collect();
    let lanes = Lanes::of(&groups[..shown], &outlooks, usize::from(rows.width));
    for ((number, group), outlook) in (0..rows.height).zip(&groups[..shown]).zip(&outlooks) {
        row(group, outlook, &lanes, &mut canvas.pen(rows, number));
    }
    if groups.len() > shown {
        canvas.text(rows, rows.height.saturating_sub(1), &format!("and {} more", groups.len() - shown), Role::Muted);
    }
}

/// Cells of the columns of budgets. When they will be gone is told whole; the bar gives way first, then the share it shows,
/// then names.
struct Lanes {
    name: usize,
    bar: usize,
    share: usize,
}

impl Lanes {
    /// Cells of the state.
    const STATE: usize = 8;

    fn of(groups: &[&SlaGroup], outlooks: &[String], width: usize) -> Self {
        let longest = |cells: &mut dyn Iterator<Item = usize>| cells.max().unwrap_or(0);
        let name = longest(&mut groups.iter().map(|g| format::width(&g.display_name))).min(width / 3);
        let outlook = longest(&mut outlooks.iter().map(|text| format::width(text)));
        let spare = width.saturating_sub(name + Self::STATE + 2 + outlook);
        let share = if spare > 6 { 6 } else { 0 };
        let bar = spare.saturating_sub(share + 2).min(6);
        let missing = (name + Self::STATE + 2 + outlook).saturating_sub(width);
        Self { name: name.saturating_sub(missing).max(name.min(8)), bar: if bar < 3 { 0 } else { bar }, share }
    }
}

fn row(group: &SlaGroup, outlook: &str, lanes: &Lanes, pen: &mut Pen<'_, '_>) {
    let role = Role::of_budget(group.budget.state);
    let known = group.budget.state != BudgetState::Insufficient;
    pen.column(&group.display_name, lanes.name, Role::Text).skip(1);
    pen.column(shared::budget_word(&group.budget), Lanes::STATE, role).skip(1);
    if lanes.bar > 0 {
        let left = group.budget.remaining_thousandths().filter(|_| known);
        let thousandths = left.map_or(0, |t| usize::try_from(t.clamp(0, 1000)).unwrap_or(0));
        // What is not nothing does not look like nothing.
        let filled = (thousandths * lanes.bar / 1000).max(usize::from(thousandths > 0));
        let (full, empty) = (pen.glyphs().full, pen.glyphs().empty);
        pen.repeat(full, filled, role).repeat(empty, lanes.bar - filled, Role::Muted).skip(1);
    }
    if lanes.share > 0 {
        let share = if known { words::remaining(&group.budget) } else { "-".to_owned() };
        pen.figure(&share, lanes.share, role).skip(1);
    }
    pen.put(outlook, Role::Muted);
}

#[cfg(test)]
mod tests {
    use crate::{
        console::testing::Bench,
        domain::sla::{Budget, Exhaustion},
    };

    /// The line of a group in the panel.
    fn line(width: u16, group: &str, change: impl FnOnce(&mut Budget)) -> String {
        let mut bench = Bench::sized(width, 40).with(|snapshot| {
            change(&mut snapshot.estate.budgets.get_mut(group).unwrap().budget);
        });
        let picture = bench.picture();
        let panel = picture.lines().skip_while(|line| !line.contains("\u{2502} Budgets"));
        let mut lines = panel.filter_map(|line| line.split_once("\u{2502} ")).map(|(_, right)| right.trim_end());
        lines.find(|line| line.to_lowercase().starts_with(group)).unwrap_or_else(|| panic!("{picture}")).to_owned()
    }

    #[test]
    fn who_has_the_least_share_left_comes_first() {
        let picture = Bench::sized(160, 40).picture();
        let panel = picture.lines().skip_while(|line| !line.contains("\u{2502} Budgets")).skip(1);
        let names = panel.filter_map(|line| line.split_once("\u{2502} ")?.1.split_whitespace().next());
        let names: Vec<&str> = names.take(5).collect();
        assert_eq!(names, ["Databases", "Analytics", "Payments", "Storefront", "Ingest"], "{picture}");
    }

    #[test]
    fn a_burning_budget_says_over_which_window_at_every_width_and_the_bar_gives_way_first() {
        let at = |width| line(width, "payments", |budget| budget.exhausted_if_down_at = None);
        assert_eq!(at(160), "Payments   AT RISK  █░░░░░   30 % gone in 6h 36m (6h 33.3x)");
        assert_eq!(at(125), "Payments   AT RISK    30 % gone in 6h 36m (6h 33.3x)");
        assert_eq!(at(112), "Payments   AT RISK  gone in 6h 36m (6h 33.3x)");
    }

    #[test]
    fn a_budget_that_something_down_uses_up_says_how_long_it_lasts_and_that_it_may_be_gone_by_now() {
        let told = |ago: i64| {
            line(160, "payments", |budget| {
                budget.exhausted_if_down_at = budget.exhausted_if_down_at.map(|at| at.plus(-ago));
            })
        };
        assert_eq!(told(0), "Payments   AT RISK  █░░░░░   30 % gone in 1m 19s while down");
        assert!(told(80_000).ends_with("30 % gone by now while down"), "{}", told(80_000));
    }

    #[test]
    fn a_budget_that_is_gone_says_since_when_or_that_it_is_longer_than_its_period() {
        let told = |since| line(160, "databases", |budget| budget.exhaustion = Exhaustion::Exhausted(since));
        let three_hours_ago = crate::testing::estate::AT.plus(-3 * crate::domain::time::HOUR);
        assert!(told(Some(three_hours_ago)).ends_with("-109 % gone 3h ago"), "{}", told(Some(three_hours_ago)));
        assert!(told(None).ends_with("-109 % gone for over 30d"), "{}", told(None));
    }

    #[test]
    fn what_is_not_nothing_does_not_look_like_nothing() {
        let barely = line(160, "payments", |budget| budget.down_ms = budget.allowed_ms - 1_000);
        assert!(barely.contains("█░░░░░    0 %"), "{barely}");
        let nothing = line(160, "payments", |budget| budget.down_ms = budget.allowed_ms);
        assert!(nothing.contains("░░░░░░    0 %"), "{nothing}");
    }
}
