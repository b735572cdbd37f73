//! Terminal events to messages, and the watch for a terminal that goes away.

use crossterm::event::{
    Event, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind,
};
use futures_util::StreamExt;
use rustix::event::{PollFd, PollFlags, poll};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
};

use crate::console::{
    keymap::{Code, Key},
    msg::{Mouse, MouseKind, Msg, Size},
};

use super::Exit;

/// The message of a terminal event; none for what nobody asked for, such as the release of a key.
fn message(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) => pressed(key).map(Msg::Key),
        Event::Mouse(mouse) => {
            let kind = match mouse.kind {
                MouseEventKind::Down(MouseButton::Left) => MouseKind::Click,
                MouseEventKind::Up(MouseButton::Left) => MouseKind::Release,
                MouseEventKind::ScrollUp => MouseKind::ScrollUp,
                MouseEventKind::ScrollDown => MouseKind::ScrollDown,
                _ => return None,
            };
            Some(Msg::Mouse(Mouse { kind, column: mouse.column, row: mouse.row }))
        }
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Resize(width, height) => Some(Msg::Resize(Size { width, height })),
        Event::FocusGained | Event::FocusLost => None,
    }
}

fn pressed(key: KeyEvent) -> Option<Key> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let mut shift = key.modifiers.contains(KeyModifiers::SHIFT);
    let code = match key.code {
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::F(number @ 1..=12) => Code::F(number),
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab => Code::Tab,
        KeyCode::BackTab => {
            shift = true;
            Code::Tab
        }
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Insert => Code::Insert,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        _ => return None,
    };
    let held = |modifier| key.modifiers.contains(modifier);
    Some(Key::new(code, held(KeyModifiers::CONTROL), held(KeyModifiers::ALT), shift))
}

/// What the terminal says, until it is dropped.
pub struct Keys {
    told: UnboundedReceiver<Msg>,
    reader: JoinHandle<()>,
}

impl Keys {
    /// The next message; none when the reader is broken or at its end.
    pub async fn recv(&mut self) -> Option<Msg> {
        self.told.recv().await
    }

    /// A message that is there already.
    pub fn try_recv(&mut self) -> Option<Msg> {
        self.told.try_recv().ok()
    }

    /// Stop reading, so that another program can.
    pub async fn stop(self) {
        self.reader.abort();
        let _ = self.reader.await;
    }
}

/// Hand over what the terminal says until nobody listens.
///
/// A task of its own because the reader remembers only who first asked: asking it in passing would lose the wake-up.
pub fn listen() -> Keys {
    let (tell, told) = unbounded_channel();
    let reader = tokio::spawn(async move {
        let mut events = EventStream::new();
        while let Some(Ok(event)) = events.next().await {
            if let Some(msg) = message(event)
                && tell.send(msg).is_err()
            {
                return;
            }
        }
    });
    Keys { told, reader }
}

/// Tell when the terminal is gone. The event reader cannot: it reads a dead terminal for ever, at full speed.
///
/// The thread sleeps in the kernel until then; it ends with the process.
pub fn watch_hang_up(endings: UnboundedSender<Exit>) {
    std::thread::spawn(move || {
        // Asking for nothing still tells of a hang-up and of errors.
        let stdin = rustix::stdio::stdin();
        loop {
            let mut watched = [PollFd::new(&stdin, PollFlags::empty())];
            match poll(&mut watched, None) {
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(_) => return,
            }
            if watched[0].revents().intersects(GONE) {
                let _ = endings.send(Exit::HungUp);
                return;
            }
        }
    });
}

/// What a poll answers once the terminal is gone.
const GONE: PollFlags = PollFlags::HUP.union(PollFlags::ERR).union(PollFlags::NVAL);

/// Whether the terminal is gone now.
pub fn has_hung_up() -> bool {
    let stdin = rustix::stdio::stdin();
    let mut watched = [PollFd::new(&stdin, PollFlags::empty())];
    let at_once = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut watched, Some(&at_once)).is_ok_and(|_| watched[0].revents().intersects(GONE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::{KeyEventState, MouseEvent};

    fn key(code: KeyCode, modifiers: KeyModifiers, kind: KeyEventKind) -> Event {
        Event::Key(KeyEvent { code, modifiers, kind, state: KeyEventState::NONE })
    }

    #[test]
    fn a_release_is_no_second_press() {
        assert_eq!(message(key(KeyCode::Char('q'), KeyModifiers::NONE, KeyEventKind::Release)), None);
        assert!(message(key(KeyCode::Char('q'), KeyModifiers::NONE, KeyEventKind::Repeat)).is_some());
    }

    #[test]
    fn shifted_characters_and_back_tab_have_one_form() {
        let upper = message(key(KeyCode::Char('G'), KeyModifiers::SHIFT, KeyEventKind::Press));
        assert_eq!(upper, Some(Msg::Key(Key::parse("G").unwrap())));
        let back = message(key(KeyCode::BackTab, KeyModifiers::SHIFT, KeyEventKind::Press));
        assert_eq!(back, Some(Msg::Key(Key::parse("shift-tab").unwrap())));
    }

    #[test]
    fn moving_the_pointer_is_nothing() {
        let moved = MouseEvent { kind: MouseEventKind::Moved, column: 1, row: 1, modifiers: KeyModifiers::NONE };
        assert_eq!(message(Event::Mouse(moved)), None);
    }
}
