//! How a budget went down over its period, where an even spend would be, and where it goes at the present burn.

use ratatui::{buffer::Buffer, layout::Rect};

use super::fit;
use crate::{
    console::{theme::Role, widgets::ink::Ink},
    domain::time::Timestamp,
};

/// What is drawn.
#[derive(Clone, Copy, Debug)]
pub struct BurnDown<'a> {
    /// Budget left, in milliseconds, oldest first; the last point is now.
    pub points: &'a [(Timestamp, i64)],
    /// The whole budget of the period, in milliseconds.
    pub allowed_ms: i64,
    /// Begin of the period: where an even spend begins.
    pub begins: Timestamp,
    /// Length of the period, in milliseconds.
    pub period_ms: i64,
    /// End of a calendar period; none for a rolling one.
    pub ends: Option<Timestamp>,
    /// Burn of the window that the projection goes by, in thousandths.
    pub burn_thousandths: Option<i64>,
    /// What happened meanwhile, each on a line of its own under the chart, where there is room.
    pub lanes: &'a [Lane],
}

/// Times of one kind, marked on a line under the chart.
#[derive(Clone, Debug)]
pub struct Lane {
    /// What they are.
    pub label: &'static str,
    /// How a cell that is touched looks, and how in the ASCII set.
    pub mark: (char, char),
    /// Its colour.
    pub role: Role,
    /// From when to when, in any order.
    pub spans: Vec<(Timestamp, Timestamp)>,
}

/// Labels of the axes, made by the caller: the widget knows neither units nor calendars.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    /// At the top of the vertical axis.
    pub whole: String,
    /// At its zero.
    pub zero: String,
    /// At its foot when that is below zero.
    pub foot: String,
    /// Below the left end.
    pub start: String,
    /// Below the last point.
    pub now: String,
    /// Below the right end.
    pub end: String,
}

/// Layers from least to most important; the most important one in a cell gives it its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Layer {
    Axis,
    Even,
    Ahead,
    Left,
}

/// The span of both axes.
struct Scale {
    from: i64,
    until: i64,
    low: i64,
    high: i64,
    width: usize,
    height: usize,
}

impl Scale {
    fn time(&self, x: usize) -> i64 {
        let span = i128::from(self.until) - i128::from(self.from);
        let step = span * x as i128 / (self.width.max(2) - 1) as i128;
        self.from + i64::try_from(step).unwrap_or(0)
    }

    fn column(&self, at: i64) -> usize {
        let span = (i128::from(self.until) - i128::from(self.from)).max(1);
        let x = (i128::from(at) - i128::from(self.from)) * (self.width.max(1) - 1) as i128 / span;
        usize::try_from(x.max(0)).unwrap_or(0).min(self.width.saturating_sub(1))
    }

    fn row(&self, value: i64) -> usize {
        let value = value.clamp(self.low, self.high);
        let span = (i128::from(self.high) - i128::from(self.low)).max(1);
        let y = (i128::from(self.high) - i128::from(value)) * (self.height.max(1) - 1) as i128 / span;
        usize::try_from(y).unwrap_or(0)
    }
}

/// Dots on a grid finer than cells (2 by 4 to a cell), or one to a cell in the ASCII set.
struct Plot {
    wide: usize,
    dots: Vec<Option<Layer>>,
}

impl Plot {
    fn new(width: usize, height: usize) -> Self {
        Self { wide: width, dots: vec![None; width * height] }
    }

    fn dot(&mut self, x: usize, y: usize, layer: Layer) {
        if let Some(slot) = self.dots.get_mut(y * self.wide + x).filter(|_| x < self.wide) {
            *slot = (*slot).max(Some(layer));
        }
    }

    fn get(&self, x: usize, y: usize) -> Option<Layer> {
        self.dots.get(y * self.wide + x).copied().flatten()
    }
}

impl BurnDown<'_> {
    /// The value of the drawn line at `at`, between its points in a straight line.
    fn left_at(&self, at: i64) -> Option<i64> {
        let after = self.points.partition_point(|(t, _)| t.ms() <= at);
        let (t0, v0) = *self.points.get(after.checked_sub(1)?)?;
        let Some((t1, v1)) = self.points.get(after) else {
            return (t0.ms() == at).then_some(v0);
        };
        let span = i128::from((t1.ms() - t0.ms()).max(1));
        let moved = (i128::from(*v1) - i128::from(v0)) * i128::from(at - t0.ms()) / span;
        i64::try_from(i128::from(v0) + moved).ok()
    }

    /// Budget left at `at` if it goes on at the present burn.
    fn ahead_at(&self, at: i64) -> Option<i64> {
        let (now, left) = *self.points.last()?;
        let burn = self.burn_thousandths.filter(|b| *b > 0)?;
        let spent = i128::from(self.allowed_ms) * i128::from(burn) * i128::from(at - now.ms())
            / (1000 * i128::from(self.period_ms.max(1)));
        (at >= now.ms()).then(|| left.saturating_sub(i64::try_from(spent).unwrap_or(i64::MAX)))
    }

    /// Lowest and highest value on the vertical axis.
    pub fn range(&self) -> (i64, i64) {
        self.scale(2, 2).map_or((0, 0), |scale| (scale.low, scale.high))
    }

    fn scale(&self, width: usize, height: usize) -> Option<Scale> {
        let (from, now) = (self.points.first()?.0.ms(), self.points.last()?.0.ms());
        let until = self.ends.map_or(now + (now - from) / 4, Timestamp::ms).max(now + 1);
        let lowest = self.points.iter().map(|p| p.1).min()?;
        let ahead = self.ahead_at(until).unwrap_or(0).max(-self.allowed_ms / 4);
        let low = lowest.min(ahead).min(0);
        let high = self.points.iter().map(|p| p.1).max()?.max(self.allowed_ms).max(1);
        Some(Scale { from, until, low, high, width, height })
    }

    fn plot(&self, scale: &Scale) -> Plot {
        let mut plot = Plot::new(scale.width, scale.height);
        let zero = scale.row(0);
        let start = self.begins.ms();
        let mut before = None;
        for x in 0..scale.width {
            let at = scale.time(x);
            plot.dot(x, zero, Layer::Axis);
            let gone =
                i128::from(self.allowed_ms) * (i128::from(at) - i128::from(start)) / i128::from(self.period_ms.max(1));
            let even = self.allowed_ms.saturating_sub(i64::try_from(gone).unwrap_or(i64::MAX));
            if even >= 0 && x % 3 == 0 {
                plot.dot(x, scale.row(even), Layer::Even);
            }
            if let Some(ahead) = self.ahead_at(at).filter(|a| *a >= scale.low && x % 2 == 0) {
                plot.dot(x, scale.row(ahead), Layer::Ahead);
            }
            if let Some(left) = self.left_at(at) {
                let y = scale.row(left);
                let previous = before.unwrap_or(y);
                for step in previous.min(y)..=previous.max(y) {
                    plot.dot(x, step, Layer::Left);
                }
                before = Some(y);
            }
        }
        plot
    }

    /// Draw into `area`, axis labels included. Nothing fits below 20 by 4.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, ink: Ink<'_>, labels: &Labels) {
        let names = self.lanes.iter().map(|lane| lane.label);
        let texts = [&labels.whole, &labels.zero, &labels.foot].into_iter().map(String::as_str).chain(names);
        let gutter = texts.map(fit::cells).max().unwrap_or(0) + 1;
        let gutter = u16::try_from(gutter).unwrap_or(u16::MAX);
        if area.height < 4 || area.width < gutter.saturating_add(12) {
            return;
        }
        // The line comes first: lanes are drawn where at least four rows are left for it.
        let lanes = u16::try_from(self.lanes.len()).unwrap_or(0);
        let lanes = if area.height >= 5 + lanes { lanes } else { 0 };
        let height = area.height - 1 - lanes;
        let chart = Rect { x: area.x + gutter, y: area.y, width: area.width - gutter, height };
        let (dx, dy) = if ink.ascii() { (1, 1) } else { (2, 4) };
        let Some(scale) = self.scale(usize::from(chart.width) * dx, usize::from(chart.height) * dy) else {
            return;
        };
        let plot = self.plot(&scale);
        for y in 0..chart.height {
            for x in 0..chart.width {
                if let Some((mark, layer)) = cell(&plot, usize::from(x), usize::from(y), dx, dy) {
                    let style = ink.style(role(layer, self.points.last().map_or(0, |p| p.1)));
                    buf[(chart.x + x, chart.y + y)].set_char(mark).set_style(style);
                }
            }
        }
        let line_of = |value: i64| chart.y + u16::try_from(scale.row(value) / dy).unwrap_or(0);
        let muted = ink.style(Role::Muted);
        let wide = usize::from(gutter) - 1;
        let label = |buf: &mut Buffer, y: u16, text: &str| {
            buf.set_string(area.x, y, fit::right(text, wide, ink.ascii()), muted);
        };
        if scale.low < 0 && line_of(scale.low) > line_of(0) {
            label(buf, line_of(scale.low), &labels.foot);
        }
        label(buf, line_of(0), &labels.zero);
        label(buf, line_of(scale.high), &labels.whole);
        for (lane, y) in self.lanes.iter().take(usize::from(lanes)).zip(chart.bottom()..) {
            label(buf, y, lane.label);
            draw_lane(lane, &scale, dx, Rect { y, height: 1, ..chart }, buf, ink);
        }
        let now = scale.column(self.points.last().map_or(0, |p| p.0.ms())) / dx;
        foot(buf, Rect { y: area.bottom() - 1, height: 1, ..chart }, labels, now, ink);
    }
}

/// One line of times: every cell that a time touches is marked, so that a short one is not lost.
fn draw_lane(lane: &Lane, scale: &Scale, dx: usize, area: Rect, buf: &mut Buffer, ink: Ink<'_>) {
    let mark = if ink.ascii() { lane.mark.1 } else { lane.mark.0 };
    for (from, to) in &lane.spans {
        let (from, to) = (from.ms(), to.ms().min(scale.until));
        if to < scale.from || from > scale.until || from >= to {
            continue;
        }
        for x in scale.column(from) / dx..=scale.column(to) / dx {
            let x = area.x + u16::try_from(x).unwrap_or(0);
            if x < area.right() {
                buf[(x, area.y)].set_char(mark).set_style(ink.style(lane.role));
            }
        }
    }
}

/// The labels below the chart; the one of now wins where they would meet.
fn foot(buf: &mut Buffer, area: Rect, labels: &Labels, now: usize, ink: Ink<'_>) {
    let muted = ink.style(Role::Muted);
    let width = usize::from(area.width);
    let now_at = now.saturating_sub(fit::cells(&labels.now) / 2).min(width.saturating_sub(fit::cells(&labels.now)));
    let now_end = now_at + fit::cells(&labels.now);
    if fit::cells(&labels.start) < now_at {
        buf.set_string(area.x, area.y, &labels.start, muted);
    }
    let end_at = width.saturating_sub(fit::cells(&labels.end));
    if end_at > now_end {
        buf.set_string(area.x + u16::try_from(end_at).unwrap_or(0), area.y, &labels.end, muted);
    }
    buf.set_string(area.x + u16::try_from(now_at).unwrap_or(0), area.y, &labels.now, ink.style(Role::Text));
}

const fn role(layer: Layer, left: i64) -> Role {
    match layer {
        Layer::Axis | Layer::Even => Role::Muted,
        Layer::Ahead => Role::Caution,
        Layer::Left if left < 0 => Role::Bad,
        Layer::Left => Role::Accent,
    }
}

/// What one cell shows: the dots of its most important layers together.
fn cell(plot: &Plot, x: usize, y: usize, dx: usize, dy: usize) -> Option<(char, Layer)> {
    if dx == 1 {
        let layer = plot.get(x, y)?;
        let mark = match layer {
            Layer::Axis => '-',
            Layer::Even => '.',
            Layer::Ahead => 'o',
            Layer::Left => '*',
        };
        return Some((mark, layer));
    }
    const BITS: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
    let mut bits = 0;
    let mut top = None;
    for (row, pair) in BITS.iter().enumerate() {
        for (column, bit) in pair.iter().enumerate() {
            if let Some(layer) = plot.get(x * dx + column, y * dy + row) {
                bits |= bit;
                top = top.max(Some(layer));
            }
        }
    }
    Some((char::from_u32(0x2800 + bits)?, top?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::widgets::picture;

    fn labels() -> Labels {
        Labels {
            whole: "43 min".into(),
            zero: "0".into(),
            foot: "-11 min".into(),
            start: "1 Mar".into(),
            now: "now".into(),
            end: "+7 d".into(),
        }
    }

    fn points(values: &[i64]) -> Vec<(Timestamp, i64)> {
        values.iter().zip(0..).map(|(v, i)| (Timestamp::from_ms(i * 100), *v)).collect()
    }

    #[test]
    fn ascii_chart_shows_the_line_the_even_spend_the_projection_and_zero() {
        let points = points(&[100, 100, 60, 60, 40]);
        let chart = BurnDown {
            points: &points,
            allowed_ms: 100,
            begins: Timestamp::from_ms(0),
            period_ms: 400,
            ends: None,
            burn_thousandths: Some(2000),
            lanes: &[],
        };
        let drawn = picture::of(48, 8, |area, buf| chart.draw(area, buf, Ink::for_tests(true), &labels()));
        for mark in ['*', '.', 'o', '-'] {
            assert!(drawn.contains(mark), "`{mark}` is missing in\n{drawn}");
        }
        assert!(drawn.lines().next().unwrap().contains("43 min *****"), "{drawn}");
        assert!(drawn.lines().last().unwrap().contains("now"), "{drawn}");
    }

    fn lanes() -> [Lane; 2] {
        let span = |from, to| (Timestamp::from_ms(from), Timestamp::from_ms(to));
        [
            Lane { label: "down", mark: ('\u{2580}', 'x'), role: Role::Bad, spans: vec![span(200, 201), span(9, 9)] },
            Lane {
                label: "window",
                mark: ('\u{2592}', '='),
                role: Role::Maintenance,
                spans: vec![span(i64::MIN, -1), span(300, i64::MAX), span(10_000, 20_000)],
            },
        ]
    }

    #[test]
    fn what_happened_is_marked_by_name_under_the_line_also_when_it_was_short() {
        let points = points(&[100, 100, 60, 60, 40]);
        let lanes = lanes();
        let chart = BurnDown {
            points: &points,
            allowed_ms: 100,
            begins: Timestamp::from_ms(0),
            period_ms: 400,
            ends: None,
            burn_thousandths: None,
            lanes: &lanes,
        };
        let draw = |height, ascii| {
            picture::of(48, height, |area, buf| chart.draw(area, buf, Ink::for_tests(ascii), &labels()))
        };
        let drawn = draw(9, true);
        let lane = |name: &str| drawn.lines().find(|l| l.trim_start().starts_with(name)).unwrap().to_owned();
        assert_eq!(lane("down").matches('x').count(), 1, "{drawn}");
        let out = lane("window");
        assert!(out.ends_with('='), "it has no end\n{drawn}");
        assert!(out.find('=').unwrap() > lane("down").find('x').unwrap(), "{drawn}");
        assert!(draw(9, false).contains('\u{2592}'));
        assert!(!draw(6, true).contains("window"), "where it is low, the line comes first");
    }

    #[test]
    fn an_overdrawn_budget_goes_below_the_zero_line() {
        let points = points(&[100, -50]);
        let chart = BurnDown {
            points: &points,
            allowed_ms: 100,
            begins: Timestamp::from_ms(0),
            period_ms: 100,
            ends: None,
            burn_thousandths: None,
            lanes: &[],
        };
        let ink = Ink::for_tests(true);
        let drawn = picture::of(48, 8, |area, buf| chart.draw(area, buf, ink, &labels()));
        let lines: Vec<&str> = drawn.lines().collect();
        let zero = lines.iter().position(|l| l.trim_start().starts_with("0 ")).unwrap();
        assert!(lines[zero + 1..7].iter().any(|l| l.contains('*')), "{drawn}");
        assert!(drawn.contains("-11 min"), "{drawn}");
    }

    #[test]
    fn no_size_and_no_data_make_it_fault() {
        for (width, height) in [(0, 0), (1, 1), (20, 4), (21, 5), (300, 100)] {
            for values in [&[][..], &[5], &[0, 0, 0], &[i64::MAX, i64::MIN / 2]] {
                let points = points(values);
                let chart = BurnDown {
                    points: &points,
                    allowed_ms: 0,
                    begins: Timestamp::from_ms(0),
                    period_ms: 0,
                    ends: None,
                    burn_thousandths: Some(i64::MAX),
                    lanes: &lanes(),
                };
                picture::of(width, height, |area, buf| chart.draw(area, buf, Ink::for_tests(false), &labels()));
            }
        }
    }
}
