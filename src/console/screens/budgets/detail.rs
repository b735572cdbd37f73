//! One group: the three figures, how its budget went down, what burns, who is in it, what happened.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{ChartSpan, words};
use crate::{
    console::{
        format,
        paint::wrap,
        state::Times,
        theme::Role,
        widgets::{
            burn_down::{BurnDown, Labels, Lane},
            fit,
            flow::Flow,
            ink::Ink,
            scrollbar,
        },
        windows,
    },
    domain::{
        detail::{BudgetDetail, Incident},
        health::{Services, Status},
        hierarchy::ServicePath,
        sla::{Alert, Budget, ExclusionWindow, SlaGroup, WindowPhase, WindowScope},
        time::{DAY, Timestamp},
    },
};

/// What is known of the group's past.
#[derive(Clone, Copy, Debug)]
pub enum Past<'a> {
    /// Here, and when it came.
    Here(&'a BudgetDetail, Timestamp),
    /// On its way.
    Loading,
    /// Could not be read: what was said, and what to do.
    Failed(&'a str, &'a str),
    /// Nobody asked yet, or nobody can: why.
    Missing(&'a str),
}

/// What is drawn.
#[derive(Clone, Debug)]
pub struct View<'a> {
    /// As it is now.
    pub group: &'a SlaGroup,
    /// How it came to be.
    pub past: Past<'a>,
    /// Exclusion windows of the group and of its members.
    pub windows: Vec<&'a ExclusionWindow>,
    /// Members of whom nobody knows how they are now, though they were heard once.
    pub unknown: Vec<&'a ServicePath>,
    /// Members that nobody ever reported on.
    pub never_reported: Vec<&'a ServicePath>,
    /// All services: how the members are now.
    pub services: &'a Services,
    /// What part of the period the chart shows.
    pub span: ChartSpan,
    /// Lines scrolled.
    pub scroll: usize,
    /// The clock.
    pub now: Timestamp,
    /// How times are shown.
    pub times: Times,
}

/// Lines that the chart gets in a place of `height` of which the head takes `used`; none where they do not fit below it.
const fn chart_height(height: u16, used: u16) -> u16 {
    let third = height / 3;
    let wanted = if third < 7 {
        7
    } else if third > 14 {
        14
    } else {
        third
    };
    if used + wanted <= height { wanted } else { 0 }
}

impl View<'_> {
    /// Draw into `area`.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, ink: Ink<'_>) {
        if area.width < 20 || area.height == 0 {
            return;
        }
        let mut used = self.head(area, buf, ink);
        let chart = Rect { y: area.y + used, height: chart_height(area.height, used), ..area };
        if chart.height > 0 {
            self.chart(chart, buf, ink);
        }
        used += chart.height;
        if area.height <= used {
            return;
        }
        let rest = Rect { y: area.y + used, height: area.height - used, ..area };
        // A gap and a bar at the right, also where all is in sight: so the lines are the same ones either way.
        let width = rest.width.saturating_sub(2);
        let total = self.lines(width, ink);
        let limit = total.saturating_sub(usize::from(rest.height));
        let offset = self.scroll.min(limit);
        let mut flow = Flow::new(offset, rest.height);
        self.text(&mut flow, usize::from(width), ink);
        for (line, y) in flow.lines().iter().zip(rest.y..) {
            buf.set_line(rest.x, y, line, width);
        }
        if limit > 0 {
            scrollbar::draw(Rect { x: rest.right() - 1, width: 1, ..rest }, buf, ink, offset, total);
        }
    }

    /// Lines of the text below the chart.
    fn lines(&self, width: u16, ink: Ink<'_>) -> usize {
        let mut flow = Flow::counting();
        self.text(&mut flow, usize::from(width), ink);
        flow.count()
    }

    /// How far the text below the chart can be scrolled in a place of this size.
    pub fn scroll_limit(&self, area: Rect, ink: Ink<'_>) -> usize {
        let head = u16::try_from(self.head_height(area.width, ink)).unwrap_or(u16::MAX).min(area.height);
        let used = usize::from(head + chart_height(area.height, head));
        self.lines(area.width.saturating_sub(2), ink).saturating_sub(usize::from(area.height).saturating_sub(used))
    }

    fn chart(&self, area: Rect, buf: &mut Buffer, ink: Ink<'_>) {
        let Past::Here(detail, _) = self.past else {
            let (role, text) = match self.past {
                Past::Loading => (Role::Muted, "the burn-down is being read".to_owned()),
                Past::Failed(what, "") => (Role::Bad, format!("no burn-down: {what}")),
                Past::Failed(what, hint) => (Role::Bad, format!("no burn-down: {what}; {hint}")),
                Past::Missing(why) => (Role::Muted, format!("no burn-down: {why}")),
                Past::Here(..) => return,
            };
            for (line, y) in wrap(&text, usize::from(area.width)).iter().zip(area.y + area.height / 2..area.bottom()) {
                buf.set_string(area.x, y, line, ink.style(role));
            }
            return;
        };
        let budget = &self.group.budget;
        let points = self.span.cut(&detail.burn_down);
        let Some((begins, ends)) = words::span(budget.period, budget.as_of) else {
            return;
        };
        let period_ms = ends.since(begins);
        let lanes = self.lanes(detail);
        let chart = BurnDown {
            points,
            allowed_ms: detail.burn_down.first().map_or(budget.allowed_ms, |p| p.1),
            begins,
            period_ms,
            ends: (budget.period.rolling_ms().is_none() && self.span == ChartSpan::Period).then_some(ends),
            burn_thousandths: budget.burn(words::EXHAUSTION_WINDOW),
            lanes: &lanes,
        };
        chart.draw(area, buf, ink, &self.labels(&chart));
    }

    /// What happened in the period, under the chart: downtime of members, and what windows took out.
    fn lanes(&self, detail: &BudgetDetail) -> Vec<Lane> {
        let out = self.windows.iter().map(|w| w.span(self.now));
        let mut lanes = vec![
            Lane { label: "down", mark: ('\u{2580}', 'x'), role: Role::Bad, spans: detail.down.clone() },
            Lane { label: "window", mark: ('\u{2592}', '='), role: Role::Maintenance, spans: out.collect() },
        ];
        lanes.retain(|lane| !lane.spans.is_empty());
        lanes
    }

    fn labels(&self, chart: &BurnDown<'_>) -> Labels {
        let first = chart.points.first().map_or(self.now, |p| p.0);
        let now = chart.points.last().map_or(self.now, |p| p.0);
        let ahead = now.since(first) / 4;
        let stamp = |at: Timestamp| {
            if now.since(first) > 2 * DAY { format::moment(at)[..6].to_owned() } else { format::moment(at) }
        };
        let (low, _) = chart.range();
        Labels {
            whole: words::precise(chart.allowed_ms),
            zero: "0".to_owned(),
            foot: words::precise(low),
            start: stamp(first),
            now: "now".to_owned(),
            end: chart.ends.map_or_else(|| format!("+{}", format::span(ahead)), stamp),
        }
    }

    fn text(&self, flow: &mut Flow, width: usize, ink: Ink<'_>) {
        let heading = |text: String| Line::from(Span::styled(text, ink.style(Role::Title)));
        let budget = &self.group.budget;
        flow.push(|| heading(format!("BURN  1.0x spends exactly the budget over {}", words::period(budget.period))));
        flow.push(|| burn_line(budget, width, ink, true));
        flow.push(|| burn_line(budget, width, ink, false));
        flow.push(|| heading("ALERTS  both windows must burn faster than the factor".to_owned()));
        for alert in &budget.alerts {
            flow.push(|| alert_line(alert, budget, ink));
        }
        self.excluded(flow, width, ink);
        self.members(flow, width, ink);
        if let Past::Here(detail, came) = self.past {
            flow.push(|| {
                let age = self.now.since(came);
                let newest = match detail.incidents.len() {
                    shown if shown < detail.incidents_total => format!("the newest {shown}"),
                    _ => "newest first".to_owned(),
                };
                heading(format!(
                    "INCIDENTS  {} that cost budget, {newest}; read {} ago",
                    detail.incidents_total,
                    format::span(age)
                ))
            });
            if detail.incidents.is_empty() {
                flow.push(|| Line::from(Span::styled("  none in the period", ink.style(Role::Muted))));
            }
            for incident in &detail.incidents {
                if flow.is_full() {
                    return;
                }
                flow.push(|| incident_line(incident, self.now, width, ink));
            }
        }
    }

    fn excluded(&self, flow: &mut Flow, width: usize, ink: Ink<'_>) {
        let begins = words::span(self.group.budget.period, self.group.budget.as_of).map_or(self.now, |(from, _)| from);
        let mut told: Vec<&&ExclusionWindow> =
            self.windows.iter().filter(|w| w.to.is_none_or(|to| to > begins)).collect();
        told.retain(|w| w.phase(self.now) != WindowPhase::Cancelled);
        if told.is_empty() {
            return;
        }
        told.sort_by_key(|w| (w.phase(self.now), std::cmp::Reverse((w.from, w.id))));
        let text = format!("WINDOWS  {} in this period; their time does not count", told.len());
        flow.push(|| Line::from(Span::styled(text, ink.style(Role::Title))));
        for window in told {
            if flow.is_full() {
                return;
            }
            for line in window_lines(window, self.now, width, ink) {
                flow.push(move || line);
            }
        }
    }
}

/// The windows, or what burns over them; none of them falls off the end where there is little room.
fn burn_line(budget: &Budget, width: usize, ink: Ink<'_>, names: bool) -> Line<'static> {
    let each = (width.saturating_sub(6) / budget.burns.len().max(1)).clamp(6, 8);
    let mut spans = vec![Span::raw(if names { "  over" } else { "  burn" })];
    for burn in &budget.burns {
        let text = if names { words::window(burn.window) } else { words::burn(budget, burn.window) };
        let role = match burn.thousandths {
            _ if names => Role::Muted,
            None => Role::Unknown,
            Some(rate) if rate > 1000 => Role::Caution,
            Some(_) => Role::Text,
        };
        // A large one needs no digit behind the point, and must not touch its neighbour.
        let text = match text.split_once('.') {
            Some((whole, _)) if fit::cells(&text) >= each => format!("{whole}x"),
            _ => text,
        };
        spans.push(Span::styled(fit::right(&text, each, ink.ascii()), ink.style(role)));
    }
    Line::from(spans)
}

fn alert_line(alert: &Alert, budget: &Budget, ink: Ink<'_>) -> Line<'static> {
    let text = format!(
        "  {:6} {:>3}/{:<3}  over {:>5}  now {:>5} / {:<5}  ",
        words::severity(alert.severity),
        words::window(alert.long),
        words::window(alert.short),
        format::factor(alert.factor_thousandths),
        words::burn(budget, alert.long),
        words::burn(budget, alert.short),
    );
    let role = if alert.firing { Role::Bad } else { Role::Muted };
    Line::from(vec![Span::raw(text), Span::styled(words::verdict(alert, budget), ink.style(role))])
}

/// When, for what, by whom and why: whole, for nothing else says why.
fn window_lines(window: &ExclusionWindow, now: Timestamp, width: usize, ink: Ink<'_>) -> Vec<Line<'static>> {
    const INDENT: usize = 11;
    let phase = window.phase(now);
    let role = if phase == WindowPhase::Active { Role::Maintenance } else { Role::Muted };
    let member = match &window.scope {
        WindowScope::Group(_) => String::new(),
        WindowScope::Service(path) => format!(" for {}", path.service()),
        WindowScope::Node(node) => format!(" for {node}"),
    };
    let text = format!(
        "#{} {} {}{member} by {}: {}",
        window.id,
        format::moment(window.from),
        windows::end(window),
        window.opened_by.name(),
        window.reason
    );
    let heads = std::iter::once(phase.word()).chain(std::iter::repeat(""));
    let lines = wrap(&text, width.saturating_sub(INDENT)).into_iter().zip(heads);
    lines
        .map(|(line, head)| Line::from(vec![Span::styled(format!("  {head:8} "), ink.style(role)), Span::raw(line)]))
        .collect()
}

fn incident_line(incident: &Incident, now: Timestamp, width: usize, ink: Ink<'_>) -> Line<'static> {
    let (_, worst) = incident.lengths(now);
    let lasts = if incident.to.is_none() { "so far" } else { "" };
    let (word, undeclared) = match incident.worst {
        Status::Maintenance => ("MAINT.", ", maintenance without a window"),
        worst => (worst.word(), ""),
    };
    let text = format!(
        " {} {:>6} {lasts:6} {}{}{undeclared}{}{}",
        format::moment(incident.from),
        format::precise(worst),
        incident.path.service(),
        crate::console::screens::words::came_from(incident, now),
        if incident.message.is_empty() { "" } else { ": " },
        incident.message
    );
    let mark = ink.glyphs.of(incident.worst);
    Line::from(vec![
        Span::styled(format!("  {mark} {word:8}"), ink.style(Role::of_status(incident.worst))),
        Span::raw(fit::cut(&text, width.saturating_sub(12), ink.ascii()).into_owned()),
    ])
}
