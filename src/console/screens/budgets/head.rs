//! The head of a group's detail: what it is and how it stands, the three figures, and in words what follows from them.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Modifier,
    text::{Line, Span},
};

use super::{detail::View, words};
use crate::{
    console::{
        format,
        paint::wrap,
        theme::Role,
        widgets::{fit, gauge, ink::Ink},
    },
    domain::sla::BudgetState,
};

/// Lines of the three figures.
const FIGURES: u16 = 4;

impl View<'_> {
    /// What it is called and how it stands; what kind of promise it is beside that, or below where that is too long.
    fn title(&self, width: u16, ink: Ink<'_>) -> Vec<Line<'static>> {
        let (mark, word) = words::state(&self.group.budget, ink.ascii());
        let label = if self.group.display_name.is_empty() || self.group.display_name == self.group.name {
            String::new()
        } else {
            format!(" ({})", self.group.display_name)
        };
        let (state, name) = (format!("{mark} {word} "), format!("{}{label}", self.group.name));
        let kind = format!(
            "tier {}, {} of {}",
            self.group.tier.0,
            self.group.aggregation.word(),
            format::count(self.group.members.len(), "member", "members"),
        );
        let used = fit::cells(&state) + fit::cells(&name);
        let mut title = Line::from(vec![
            Span::styled(state, ink.style(Role::of_budget(self.group.budget.state)).add_modifier(Modifier::BOLD)),
            Span::styled(name, ink.style(Role::Title)),
        ]);
        let muted = ink.style(Role::Muted);
        if used + 2 + fit::cells(&kind) <= usize::from(width) {
            title.push_span(Span::styled(format!("  {kind}"), muted));
            return vec![title];
        }
        vec![title, Line::from(Span::styled(kind, muted))]
    }

    /// How many lines title, figures and outlook take.
    pub(super) fn head_height(&self, width: u16, ink: Ink<'_>) -> usize {
        self.title(width, ink).len() + usize::from(FIGURES) + self.outlook(width, ink).len()
    }

    /// Draw title, figures and outlook; returns how many lines they took.
    pub(super) fn head(&self, area: Rect, buf: &mut Buffer, ink: Ink<'_>) -> u16 {
        let mut y = area.y;
        let mut put = |y: &mut u16, lines: Vec<Line<'static>>| {
            for line in lines {
                if *y < area.bottom() {
                    buf.set_line(area.x, *y, &line, area.width);
                    *y += 1;
                }
            }
        };
        put(&mut y, self.title(area.width, ink));
        let figures = Rect { y, height: FIGURES.min(area.bottom() - y), ..area };
        y += figures.height;
        put(&mut y, self.outlook(area.width, ink));
        self.figures(figures, buf, ink);
        y - area.y
    }

    fn figures(&self, area: Rect, buf: &mut Buffer, ink: Ink<'_>) {
        let budget = &self.group.budget;
        let muted = ink.style(Role::Muted);
        let third = area.width / 3;
        let left = ink.style(words::left_role(budget)).add_modifier(Modifier::BOLD);
        let big = ink.style(Role::Text).add_modifier(Modifier::BOLD);
        let as_of = format!("as of {}", format::moment(budget.as_of));
        let figures = [
            ("OBJECTIVE", format::percent(budget.target.millionths()), big, words::period(budget.period), as_of),
            (
                "AVAILABILITY",
                words::share(budget.uptime_millionths),
                big,
                format!("known for {}", words::short_share(Some(budget.coverage_millionths))),
                // The worst case by what it is: all time of which nobody knows counted as down.
                budget
                    .worst_case_millionths
                    .map_or_else(String::new, |share| format!("{} unknown=down", format::percent3(share))),
            ),
            (
                "BUDGET LEFT",
                words::left_share(budget),
                left,
                format!("{} of {}", words::left_time(budget), words::precise(budget.allowed_ms)),
                String::new(),
            ),
        ];
        let width = usize::from(third.max(1)) - 1;
        for ((name, figure, style, below, last), x) in figures.into_iter().zip([0, third, 2 * third]) {
            for (text, style, y) in [(name, muted, 0), (&figure, style, 1), (&below, muted, 2), (&last, muted, 3)] {
                if y < area.height {
                    buf.set_stringn(area.x + x, area.y + y, fit::cut(text, width, ink.ascii()), width, style);
                }
            }
        }
        if area.height == FIGURES {
            let bar = gauge::line(budget.remaining_thousandths(), width, ink);
            buf.set_line(area.x + 2 * third, area.y + FIGURES - 1, &bar, third);
        }
    }

    /// When the budget will be gone, why it stands as it does, what reporters declared themselves and what its times are.
    fn outlook(&self, width: u16, ink: Ink<'_>) -> Vec<Line<'static>> {
        let budget = &self.group.budget;
        let doubt = if budget.state == BudgetState::AtRisk { Role::Caution } else { Role::Unknown };
        let sentences = [
            Some((
                words::exhaustion_sentence(budget, self.now, |at| self.times.said(at, self.now)),
                words::exhaustion_role(budget),
            )),
            words::why(budget).map(|why| (why, doubt)),
            words::unknown_now(&self.unknown).map(|text| (text, Role::Unknown)),
            words::never_reported(&self.never_reported).map(|text| (text, Role::Unknown)),
            words::maintenance(self.group).map(|text| (text, Role::Maintenance)),
            words::member_time(self.group).map(|text| (text, Role::Muted)),
        ];
        let mut lines = Vec::new();
        for (text, role) in sentences.into_iter().flatten() {
            let wrapped = wrap(&text, usize::from(width)).into_iter();
            lines.extend(wrapped.map(|line| Line::from(Span::styled(line, ink.style(role)))));
        }
        lines
    }
}
