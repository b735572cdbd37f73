//! The terminal: the only writer while the screen is up.
//!
//! Each picture is one write inside a synchronized-output pair, and none at all when no cell changed. Nothing is asked
//! of the terminal, so no late answer can land on a prompt. [`restore`] may be called from anywhere, any number of times.

use std::{
    io::{self, Write},
    sync::atomic::{AtomicBool, Ordering},
};

use crossterm::{
    clipboard::CopyToClipboard,
    cursor,
    event::{DisableBracketedPaste, EnableBracketedPaste},
    queue,
    style::force_color_output,
    terminal::{
        BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
        SetTitle, disable_raw_mode, enable_raw_mode, size,
    },
};
use ratatui::{
    backend::{Backend, CrosstermBackend},
    buffer::{Buffer, Cell},
    layout::Rect,
    style::Modifier,
};

use crate::console::msg::Size;

/// Longest text handed to the clipboard, in bytes before encoding; terminals drop longer ones silently.
const COPY_LIMIT: usize = 56_000;
/// Clicks and the wheel, in a form without limits; not every movement of the pointer, which would flood a slow line.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1000l";
/// Going to another place of the row takes so many bytes.
const GOING_AROUND: usize = 8;
/// Keep the title that stood there, and bring it back.
const TITLE_PUSH: &[u8] = b"\x1b[22;2t";
const TITLE_POP: &[u8] = b"\x1b[23;2t";

/// Whether the screen is up. Global because the terminal is: a panic anywhere must be able to restore it.
static UP: AtomicBool = AtomicBool::new(false);

/// The terminal while the console has it.
pub struct Terminal {
    shown: Buffer,
    next: Buffer,
    bytes: Vec<u8>,
    mouse: bool,
    title: String,
}

impl Terminal {
    /// Take the terminal over. Dropping it gives it back.
    pub fn enter(mouse: bool, title: &str) -> io::Result<Self> {
        // Themes decide about colours; without this the library would also take bold and reverse away under NO_COLOR.
        force_color_output(true);
        let mut terminal = Self {
            shown: Buffer::default(),
            next: Buffer::default(),
            bytes: Vec::new(),
            mouse,
            title: title.to_owned(),
        };
        terminal.take()?;
        Ok(terminal)
    }

    /// Take it over again after a pause.
    pub fn take(&mut self) -> io::Result<()> {
        enable_raw_mode()?;
        UP.store(true, Ordering::SeqCst);
        self.bytes.clear();
        self.bytes.extend_from_slice(TITLE_PUSH);
        queue!(self.bytes, EnterAlternateScreen, EnableBracketedPaste, cursor::Hide, SetTitle(&self.title))?;
        if self.mouse {
            self.bytes.extend_from_slice(MOUSE_ON);
        }
        self.send()?;
        self.forget();
        Ok(())
    }

    /// Cells of the terminal now.
    pub fn size() -> Size {
        let (width, height) = size().unwrap_or((80, 24));
        Size { width, height }
    }

    /// Forget what is on the screen, so that all of it is drawn with the next picture.
    pub fn forget(&mut self) {
        self.shown = Buffer::default();
    }

    /// Draw a picture of `size`; writes only the cells that changed, and nothing when none did.
    pub fn draw(&mut self, size: Size, paint: impl FnOnce(&mut Buffer)) -> io::Result<()> {
        let area = Rect::new(0, 0, size.width, size.height);
        self.next.resize(area);
        self.next.reset();
        paint(&mut self.next);
        self.bytes.clear();
        queue!(self.bytes, BeginSynchronizedUpdate)?;
        let start = self.bytes.len();
        if self.shown.area != area {
            self.shown = Buffer::empty(area);
            queue!(self.bytes, Clear(ClearType::All))?;
        }
        let changed = shortest(self.shown.diff(&self.next), &self.next);
        if !changed.is_empty() {
            CrosstermBackend::new(&mut self.bytes).draw(changed.iter().map(|(x, y, cell)| (*x, *y, cell)))?;
        }
        if self.bytes.len() == start {
            return Ok(());
        }
        queue!(self.bytes, EndSynchronizedUpdate)?;
        self.send()?;
        std::mem::swap(&mut self.shown, &mut self.next);
        Ok(())
    }

    /// Hand a text to the terminal's clipboard. False when it is too long for that.
    pub fn copy(&mut self, text: &str) -> io::Result<bool> {
        if text.len() > COPY_LIMIT {
            return Ok(false);
        }
        self.bytes.clear();
        queue!(self.bytes, CopyToClipboard::to_clipboard_from(text))?;
        self.send()?;
        Ok(true)
    }

    fn send(&mut self) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(&self.bytes)?;
        out.flush()
    }
}

/// What changed, as few bytes as it takes: with the cells between two changes of a row where writing them again is shorter
/// than going around them, and with blanks that look as what is before them in its style.
fn shortest(changed: Vec<(u16, u16, &Cell)>, next: &Buffer) -> Vec<(u16, u16, Cell)> {
    let mut out: Vec<(u16, u16, Cell)> = Vec::with_capacity(changed.len());
    for (x, y, cell) in changed {
        if let Some((last_x, last_y, last)) = out.last()
            && *last_y == y
            && x > last_x + 1
            && usize::from(x - last_x) <= GOING_AROUND
            && last.symbol().len() == 1
        {
            let between = (last_x + 1..x).map(|x| (x, y, seen_after(&next[(x, y)], last)));
            let between: Vec<(u16, u16, Cell)> = between.collect();
            // Signs that are wider than a cell, or look different, would cost more than they save.
            if between.iter().all(|(.., cell)| cell.symbol().len() == 1 && cell.style() == last.style()) {
                out.extend(between);
            }
        }
        let cell = out.last().map_or_else(|| cell.clone(), |(.., last)| seen_after(cell, last));
        out.push((x, y, cell));
    }
    out
}

/// `cell` as it may be written after `last`: of a blank only its background is seen.
fn seen_after(cell: &Cell, last: &Cell) -> Cell {
    let shows = Modifier::REVERSED | Modifier::UNDERLINED | Modifier::CROSSED_OUT;
    if cell.symbol() != " " || cell.bg != last.bg || (cell.modifier | last.modifier).intersects(shows) {
        return cell.clone();
    }
    let mut blank = last.clone();
    blank.set_symbol(" ");
    blank
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore();
    }
}

/// Give the terminal back as it was. Does nothing when it is back already; never fails loudly, since it may be gone.
pub fn restore() {
    if !UP.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut bytes = Vec::from(MOUSE_OFF);
    let _ = queue!(bytes, EndSynchronizedUpdate, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
    bytes.extend_from_slice(TITLE_POP);
    let mut out = io::stdout().lock();
    let _ = out.write_all(&bytes);
    let _ = out.flush();
    let _ = disable_raw_mode();
}

#[cfg(test)]
mod tests {
    use ratatui::style::{Color, Style};

    use super::*;

    fn written(shown: &str, next: &str) -> String {
        let (shown, next) = (Buffer::with_lines([shown]), Buffer::with_lines([next]));
        shortest(shown.diff(&next), &next).iter().map(|(x, _, cell)| format!("{x}{}", cell.symbol())).collect()
    }

    #[test]
    fn a_short_gap_is_written_again_and_a_long_one_gone_around() {
        assert_eq!(written("a--b", "x--y"), "0x1-2-3y");
        assert_eq!(written("a-----------b", "x-----------y"), "0x12y");
    }

    #[test]
    fn a_blank_is_written_in_the_style_before_it_where_that_looks_the_same() {
        let looks = |style: Style| {
            let mut next = Buffer::with_lines(["x y"]);
            next.set_style(Rect::new(0, 0, 1, 1), Style::new().fg(Color::Green));
            next.set_style(Rect::new(1, 0, 1, 1), style);
            let written = shortest(Buffer::with_lines(["a-b"]).diff(&next), &next);
            written.into_iter().map(|(.., cell)| cell).nth(1).unwrap()
        };
        assert_eq!(looks(Style::new().fg(Color::Red).dim()).fg, Color::Green, "nobody sees the colour of nothing");
        assert_eq!(looks(Style::new().bg(Color::Red)).bg, Color::Red);
        assert_eq!(looks(Style::new().fg(Color::Red).reversed()).fg, Color::Red);
        assert!(looks(Style::new().underlined()).modifier.contains(Modifier::UNDERLINED));
    }

    #[test]
    fn nothing_is_written_again_behind_a_wide_sign_or_over_one() {
        assert_eq!(written("ab-b", "\u{6f22}-y"), "0\u{6f22}3y", "its second half is not a cell of its own");
        assert_eq!(written("a\u{6f22}b", "x\u{6f22}y"), "0x3y");
    }
}
