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
    buffer::Buffer,
    layout::Rect,
};

use crate::console::msg::Size;

/// Longest text handed to the clipboard, in bytes before encoding; terminals drop longer ones silently.
const COPY_LIMIT: usize = 56_000;
/// Clicks and the wheel, in a form without limits; not every movement of the pointer, which would flood a slow line.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1000l";
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
        let changed = self.shown.diff(&self.next);
        if !changed.is_empty() {
            CrosstermBackend::new(&mut self.bytes).draw(changed.into_iter())?;
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
