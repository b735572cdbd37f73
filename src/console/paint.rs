//! Putting text into cells: the one way in which screens, dialogs and widgets draw.
//!
//! [`Canvas`] knows theme, signs and the age of what is shown; [`Pen`] writes one row from left to right and never
//! past its end. Cut text always shows it.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::domain::{health::Status, time::Timestamp};

use super::{
    format,
    state::{State, Times},
    theme::{Glyphs, Role, Theme},
    widgets::{fit, ink::Ink, scrollbar},
};

/// Cells to draw on, and what is needed to choose their look.
pub struct Canvas<'a> {
    /// The cells.
    pub buf: &'a mut Buffer,
    /// Colours.
    pub theme: &'a Theme,
    /// Signs.
    pub glyphs: &'a Glyphs,
    /// Now, by the core's clock.
    pub now: Timestamp,
    /// Ages or UTC times.
    pub times: Times,
    /// Whether what is shown may be old.
    pub old: bool,
}

impl<'a> Canvas<'a> {
    /// A canvas over `buf` for what `state` shows.
    pub fn new(state: &'a State, buf: &'a mut Buffer) -> Self {
        Self {
            buf,
            theme: state.options.theme(),
            glyphs: &state.options.glyphs,
            now: state.core_now(),
            times: state.options.times,
            old: state.is_old(),
        }
    }

    /// The style of a meaning here and now.
    pub fn style(&self, role: Role) -> Style {
        if self.old { self.theme.old(role) } else { self.theme.style(role) }
    }

    /// A pen at the start of row `row` of `area` (counted from its top); writes nothing when that row is not in it.
    pub fn pen(&mut self, area: Rect, row: u16) -> Pen<'_, 'a> {
        let inside = row < area.height && area.width > 0;
        let (x, end) = if inside { (area.x, area.right()) } else { (area.x, area.x) };
        Pen { y: area.y.saturating_add(row), x, end, canvas: self }
    }

    /// One text in row `row` of `area`, cut at its end.
    pub fn text(&mut self, area: Rect, row: u16, text: &str, role: Role) {
        self.pen(area, row).put(text, role);
    }

    /// Several lines wrapped at blanks into `area` from row `row` on; returns the row after them. What has no room is cut
    /// with a mark.
    pub fn wrapped(&mut self, area: Rect, row: u16, text: &str, role: Role) -> u16 {
        let mut at = row;
        let room = usize::from(area.height.saturating_sub(row));
        for line in fit::lines(text, usize::from(area.width), room, self.glyphs.full.is_ascii()) {
            if at >= area.height {
                break;
            }
            self.text(area, at, &line, role);
            at += 1;
        }
        at
    }

    /// Give the whole of `area` a style, keeping its text.
    pub fn tint(&mut self, area: Rect, role: Role) {
        let style = self.style(role);
        self.buf.set_style(area.intersection(self.buf.area), style);
    }

    /// Clear `area` to blank canvas.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buf.area);
        let style = self.theme.style(Role::Canvas);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                if let Some(cell) = self.buf.cell_mut((x, y)) {
                    cell.reset();
                    cell.set_style(style);
                }
            }
        }
    }

    /// A heading in the first row of `area`, a line to its right, and a note at the right end; returns what is below.
    pub fn heading(&mut self, area: Rect, title: &str, note: &str, active: bool) -> Rect {
        if area.height == 0 {
            return area;
        }
        let line = self.glyphs.horizontal;
        let row = Rect { height: 1, ..area };
        let note_width = if note.is_empty() { 0 } else { format::width(note) + 1 };
        let mut pen = self.pen(row, 0);
        pen.put(title, if active { Role::Accent } else { Role::Title }).skip(1);
        let fill = pen.room().saturating_sub(note_width);
        pen.repeat(line, fill, Role::Rule);
        if !note.is_empty() {
            pen.skip(1).put(note, Role::Muted);
        }
        below(area, 1)
    }

    /// A vertical line over the height of `area`'s first column.
    pub fn divider(&mut self, area: Rect) {
        let (line, style) = (self.glyphs.vertical, self.style(Role::Rule));
        for y in area.top()..area.bottom() {
            if let Some(cell) = self.buf.cell_mut((area.x, y)) {
                cell.set_symbol(line).set_style(style);
            }
        }
    }

    /// Show that `area` is the row under the cursor, or a marked row.
    ///
    /// The row under the cursor stands out as one thing; only what says how something is keeps its colour.
    pub fn highlight(&mut self, area: Rect, selected: bool, marked: bool) {
        if !selected {
            if marked {
                self.tint(area, Role::Marked);
            }
            return;
        }
        let area = area.intersection(self.buf.area);
        let mark = if marked { self.style(Role::Marked) } else { Style::new() };
        let cursor = self.theme.style(Role::Canvas).patch(mark).patch(self.theme.style(Role::Selection));
        let look = |style: Style| self.theme.state_under_cursor(style).unwrap_or(cursor);
        for y in area.top()..area.bottom() {
            let styles: Vec<Style> = (area.left()..area.right()).map(|x| look(self.buf[(x, y)].style())).collect();
            for (at, x) in (area.left()..area.right()).enumerate() {
                // A sign and its word are one.
                let between = (at.checked_sub(1).and_then(|left| styles.get(left)), styles.get(at + 1));
                let style = match between {
                    (Some(left), Some(right)) if left == right && self.buf[(x, y)].symbol() == " " => *left,
                    _ => styles[at],
                };
                let cell = &mut self.buf[(x, y)];
                cell.set_style(Style::reset()).set_style(style);
            }
        }
    }

    /// Where in a long list one is, as a thumb in the last column of `area`. Nothing when all of it is in sight.
    pub fn scrollbar(&mut self, area: Rect, offset: usize, shown: usize, total: usize) {
        let bar = Rect { x: area.right().saturating_sub(1), width: area.width.min(1), ..area };
        let ink = Ink::of(self);
        scrollbar::draw_part(bar, self.buf, ink, offset, shown, total);
    }

    /// How long ago `at` is, or when it was, as the user likes it.
    pub fn when(&self, at: Timestamp) -> String {
        match self.times {
            Times::Ages => format::span(self.now.since(at)),
            Times::Utc => format::moment(at),
        }
    }

    /// As [`Canvas::when`], in words for a sentence: `7m ago`, `at Mar 02 08:08`.
    pub fn when_said(&self, at: Timestamp) -> String {
        self.times.said(at, self.now)
    }
}

/// Writes one row from left to right.
pub struct Pen<'c, 'a> {
    canvas: &'c mut Canvas<'a>,
    y: u16,
    x: u16,
    end: u16,
}

impl Pen<'_, '_> {
    /// Whether only ASCII may be drawn.
    const fn is_ascii(&self) -> bool {
        self.canvas.glyphs.full.is_ascii()
    }

    /// Cells left.
    pub fn room(&self) -> usize {
        usize::from(self.end.saturating_sub(self.x))
    }

    /// Write `text`, cut with an ellipsis where the row ends.
    pub fn put(&mut self, text: &str, role: Role) -> &mut Self {
        let style = self.canvas.style(role);
        self.styled(text, style)
    }

    /// Write `text` in a style of its own.
    pub fn styled(&mut self, text: &str, style: Style) -> &mut Self {
        let room = self.room();
        if room == 0 || text.is_empty() || self.y >= self.canvas.buf.area.bottom() {
            return self;
        }
        let cut = fit::cut(text, room, self.is_ascii());
        let (x, _) = self.canvas.buf.set_stringn(self.x, self.y, &cut, room, style);
        self.x = x;
        self
    }

    /// Write `text` into exactly `width` cells, cut at its end, blanks after it.
    pub fn column(&mut self, text: &str, width: usize, role: Role) -> &mut Self {
        let width = width.min(self.room());
        let end = self.x.saturating_add(u16::try_from(width).unwrap_or(u16::MAX));
        let cut = fit::cut(text, width, self.is_ascii());
        self.put(&cut, role);
        self.x = end;
        self
    }

    /// As [`Pen::column`], cut at its start: for paths.
    pub fn column_start(&mut self, text: &str, width: usize, role: Role) -> &mut Self {
        let width = width.min(self.room());
        let cut = fit::cut_front(text, width, self.is_ascii()).into_owned();
        self.column(&cut, width, role)
    }

    /// As [`Pen::column`], against the right edge: for figures.
    pub fn figure(&mut self, text: &str, width: usize, role: Role) -> &mut Self {
        let width = width.min(self.room());
        let cut = fit::cut(text, width, self.is_ascii()).into_owned();
        let pad = width.saturating_sub(format::width(&cut));
        self.skip(pad).put(&cut, role)
    }

    /// Leave `cells` cells as they are.
    pub fn skip(&mut self, cells: usize) -> &mut Self {
        self.x = self.x.saturating_add(u16::try_from(cells).unwrap_or(u16::MAX)).min(self.end);
        self
    }

    /// Go on at cell `cell` of the screen, if that is further right.
    pub fn to(&mut self, cell: u16) -> &mut Self {
        self.x = self.x.max(cell.min(self.end));
        self
    }

    /// The same sign `count` times.
    pub fn repeat(&mut self, sign: &str, count: usize, role: Role) -> &mut Self {
        let style = self.canvas.style(role);
        for _ in 0..count.min(self.room()) {
            if let Some(cell) = self.canvas.buf.cell_mut((self.x, self.y)) {
                cell.set_symbol(sign).set_style(style);
            }
            self.x += 1;
        }
        self
    }

    /// Write against the end of the row, if it fits behind what is written; nothing else may follow.
    pub fn right(&mut self, text: &str, role: Role) -> &mut Self {
        let width = format::width(text);
        if width < self.room() {
            let gap = self.room() - width;
            self.skip(gap).put(text, role);
        }
        self
    }

    /// The sign and the word of a status; the word in `width` cells.
    pub fn status(&mut self, status: Status, width: usize) -> &mut Self {
        let (sign, role) = (self.canvas.glyphs.of(status), Role::of_status(status));
        self.put(sign, role).skip(1).column(status.word(), width, role)
    }

    /// The sign of a status.
    pub fn sign(&mut self, status: Status) -> &mut Self {
        let (sign, role) = (self.canvas.glyphs.of(status), Role::of_status(status));
        self.put(sign, role)
    }

    /// The signs to draw with.
    pub const fn glyphs(&self) -> &Glyphs {
        self.canvas.glyphs
    }
}

/// `area` without its first `rows` rows.
pub fn below(area: Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    Rect { y: area.y + rows, height: area.height - rows, ..area }
}

/// The row of this number in `area`.
pub fn row(area: Rect, number: u16) -> Rect {
    let inside = number < area.height;
    Rect { y: area.y.saturating_add(number.min(area.height)), height: u16::from(inside), ..area }
}

/// Lines of at most `room` cells, broken at blanks; longer words after a slash, or anywhere where that would leave more than
/// half of the line empty and does not even keep what follows in one piece.
pub fn wrap(text: &str, room: usize) -> Vec<String> {
    if room == 0 {
        return Vec::new();
    }
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            let needed = format::width(word) + usize::from(!line.is_empty());
            if format::width(&line) + needed > room && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            for (at, part) in unicode_segmentation::UnicodeSegmentation::grapheme_indices(word, true) {
                if format::width(&line) + format::width(part) > room {
                    let rest = line.split_off(break_of(&line, &word[at..], room));
                    lines.push(std::mem::replace(&mut line, rest));
                }
                line.push_str(part);
            }
        }
        lines.push(line);
    }
    lines
}

/// Where a word that is longer than a line is broken, in bytes; `later` is what of it is not in `line` yet.
fn break_of(line: &str, later: &str, room: usize) -> usize {
    let keeps_the_rest = |at: usize| format::width(&line[at..]) + format::width(later) <= room;
    let step = line.rfind('/').map(|at| at + 1);
    step.filter(|at| at * 2 > line.len() || keeps_the_rest(*at)).unwrap_or(line.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_breaks_where_a_step_ends() {
        let path = "acme/shop/prod/eu-1/postgres-payments";
        assert_eq!(wrap(path, 36), ["acme/shop/prod/eu-1/", "postgres-payments"]);
        let place = "services/payments/postgres-payments-itops.yaml:10";
        assert_eq!(wrap(place, 44), ["services/payments/", "postgres-payments-itops.yaml:10"], "the rest is whole");
        assert_eq!(
            wrap("by postgres/a-very-long-name-without-an-end", 24)[1..],
            ["postgres/a-very-long-nam", "e-without-an-end"]
        );
    }

    #[test]
    fn what_has_no_room_below_is_cut_with_a_mark() {
        let bench = crate::console::testing::Bench::small();
        let mut buf = Buffer::empty(Rect::new(0, 0, 10, 3));
        let area = buf.area;
        let after = Canvas::new(&bench.state, &mut buf).wrapped(area, 1, "one two three four five six", Role::Text);
        let line = |y: u16| (0..10).map(|x| buf[(x, y)].symbol()).collect::<String>();
        assert_eq!((after, line(1).trim(), line(2).trim()), (3, "one two", "three fou…"));
    }

    #[test]
    fn wrapping_loses_nothing() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("a\n\nb", 5), ["a", "", "b"]);
        assert_eq!(wrap("x", 0), Vec::<String>::new());
    }
}
