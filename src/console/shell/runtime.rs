//! The loop: take what waits, update, draw once; never when nothing changed.

use color_eyre::eyre::{Result, eyre};
use tokio::{
    sync::mpsc::{self, Receiver, UnboundedReceiver, UnboundedSender},
    task::JoinHandle,
};

use crate::{
    console::{
        effect::Effect,
        msg::{Msg, RequestId},
        state::{State, Weight},
        update::{self, Draw},
        view,
    },
    domain::time::Timestamp,
    world::World,
};

use super::{
    Exit, Prefs, Start, editor,
    effects::Caller,
    follow, input,
    signals::{self, Pause},
    terminal::{self, Terminal},
};

/// Shortest time between two pictures that no key asked for, in milliseconds.
const FRAME_MS: i64 = 33;
/// Messages taken in before a key is looked for again.
const DRAIN: usize = 16;
/// Messages that may wait; past it the link waits, and the core's memory of the log takes over.
const INBOX: usize = 256;

/// Run the console until it ends. The terminal is restored when this returns, whatever the way.
///
/// The caller should end the process soon after: a read that hangs may still be on its way.
///
/// # Errors
/// Every fault of settings; or a terminal that cannot be used.
pub async fn run(start: Start) -> Result<Exit> {
    let Start { client, session, mut settings, prefs, editor, world } = start;
    if settings.theme.is_none() {
        settings.theme = prefs.as_deref().and_then(|path| Prefs::read(path).theme);
    }
    let options = settings.options().map_err(|faults| eyre!(faults.join("\n")))?;
    let title = format!("itops {}", session.context);
    let read_only = !session.may_write();
    let mut state = State::new(session, options, world.now(), Terminal::size());
    state.screen = settings.screen;

    let (endings, ends) = mpsc::unbounded_channel();
    let (pauses, pause) = mpsc::unbounded_channel();
    let (inbox, mail) = mpsc::channel(INBOX);
    signals::listen(&endings, &pauses)?;
    input::watch_hang_up(endings.clone());
    restore_on_panic(endings);
    let terminal = Terminal::enter(settings.mouse, &title)?;
    let caller = Caller::new(client.clone(), read_only, world.clone(), inbox.clone());
    let following = tokio::spawn(follow::follow(client.clone(), world.clone(), inbox.clone()));
    let mut running = Running {
        state,
        terminal,
        world,
        caller,
        following,
        refollow: Box::new(move |world| tokio::spawn(follow::follow(client.clone(), world, inbox.clone()))),
        prefs,
        editor,
        edit: None,
        drawn_at: Timestamp::default(),
        draw: Draw::Now,
        stopped_by_us: false,
        done: None,
    };
    let exit = running.turn(ends, pause, mail).await;
    running.following.abort();
    // Writing to a terminal that just went away fails before the watch has told of it; it is the same end.
    if exit.is_err() && input::has_hung_up() { Ok(Exit::HungUp) } else { exit }
}

struct Running {
    state: State,
    terminal: Terminal,
    world: World,
    caller: Caller,
    following: JoinHandle<()>,
    refollow: Box<dyn Fn(World) -> JoinHandle<()> + Send>,
    prefs: Option<std::path::PathBuf>,
    editor: Vec<String>,
    /// A text that goes to the editor as soon as what waits is taken in.
    edit: Option<(RequestId, String)>,
    drawn_at: Timestamp,
    draw: Draw,
    stopped_by_us: bool,
    done: Option<Exit>,
}

impl Running {
    async fn turn(
        &mut self,
        mut ends: UnboundedReceiver<Exit>,
        mut pause: UnboundedReceiver<Pause>,
        mut mail: Receiver<Msg>,
    ) -> Result<Exit> {
        let mut keys = input::listen();
        loop {
            self.draw_if_due()?;
            let wake = self.wake_at();
            tokio::select! {
                biased;
                Some(exit) = ends.recv() => return Ok(exit),
                Some(asked) = pause.recv() => self.paused(asked)?,
                key = keys.recv() => match key {
                    Some(msg) => self.take(msg)?,
                    // The reader is broken or at its end: there is no terminal to serve.
                    None => return Ok(Exit::HungUp),
                },
                Some(msg) = mail.recv() => self.take(msg)?,
                () = self.world.sleep_until(wake) => self.take(Msg::Tick)?,
            }
            // Everything that waits is taken in before the next picture; keys first.
            while let Some(msg) = keys.try_recv() {
                self.take(msg)?;
            }
            for _ in 0..DRAIN {
                match mail.try_recv() {
                    Ok(msg) => self.take(msg)?,
                    Err(_) => break,
                }
            }
            if let Some(exit) = self.done {
                return Ok(exit);
            }
            if let Some((request, text)) = self.edit.take() {
                // Two who read one terminal would share its keys.
                keys.stop().await;
                if let Some(exit) = self.edit(request, text, &mut ends, &mut pause, &mut mail).await? {
                    return Ok(exit);
                }
                keys = input::listen();
            }
        }
    }

    /// Give the terminal to the user's editor until it ends. What the core tells meanwhile is taken in and not drawn.
    async fn edit(
        &mut self,
        request: RequestId,
        text: String,
        ends: &mut UnboundedReceiver<Exit>,
        pause: &mut UnboundedReceiver<Pause>,
        mail: &mut Receiver<Msg>,
    ) -> Result<Option<Exit>> {
        terminal::restore();
        let editor = self.editor.clone();
        let editing = editor::edit(&editor, &text);
        tokio::pin!(editing);
        let result = loop {
            tokio::select! {
                biased;
                Some(exit) = ends.recv() => match exit {
                    // Typed in the editor's terminal and meant for it.
                    Exit::Signal(signal) if signals::is_typed(signal) => {}
                    exit => return Ok(Some(exit)),
                },
                Some(asked) = pause.recv() => if asked == Pause::Stop { signals::stop() },
                result = &mut editing => break result,
                Some(msg) = mail.recv() => self.take(msg)?,
            }
        };
        self.back()?;
        self.take(Msg::Edited { request, result })?;
        Ok(None)
    }

    fn take(&mut self, msg: Msg) -> Result<()> {
        #[cfg(debug_assertions)]
        panic_if_asked(&msg);
        let effects = update::update(&mut self.state, self.world.now(), msg);
        self.draw = self.draw.max(effects.draw);
        self.perform(effects.list)
    }

    fn perform(&mut self, effects: Vec<Effect>) -> Result<()> {
        for effect in effects {
            match effect {
                Effect::Fetch { request, what } => self.caller.fetch(request, what),
                Effect::Write { request, what } => self.caller.write(request, what),
                Effect::Resync => {
                    self.following.abort();
                    self.following = (self.refollow)(self.world.clone());
                }
                Effect::Copy(text) => {
                    if !self.terminal.copy(&text)? {
                        self.state.say(Weight::Problem, "too long for the terminal's clipboard");
                    }
                }
                Effect::Redraw => {
                    self.terminal.forget();
                    self.draw = Draw::Now;
                }
                Effect::Edit { request, text } => self.edit = Some((request, text)),
                Effect::Suspend => self.stop()?,
                Effect::RememberTheme(theme) => self.remember(theme),
                Effect::Quit => self.done = Some(Exit::Quit),
            }
        }
        Ok(())
    }

    fn remember(&mut self, theme: String) {
        let Some(path) = &self.prefs else {
            return;
        };
        if let Err(error) = (Prefs { theme: Some(theme) }).write(path) {
            self.state.say(Weight::Problem, format!("the theme is not kept for the next session: {error}"));
        }
    }

    /// When to wake though nothing happens: for a picture that waits, or when time alone changes what is shown.
    fn wake_at(&self) -> Timestamp {
        let tick = update::next_tick(&self.state, self.world.now());
        if self.draw == Draw::No { tick } else { tick.min(self.drawn_at.plus(FRAME_MS)) }
    }

    fn draw_if_due(&mut self) -> Result<()> {
        let now = self.world.now();
        let due = match self.draw {
            Draw::No => false,
            Draw::Soon => now.since(self.drawn_at) >= FRAME_MS || now < self.drawn_at,
            Draw::Now => true,
        };
        if !due {
            return Ok(());
        }
        self.draw = Draw::No;
        self.drawn_at = now;
        let effects = update::before_drawing(&mut self.state);
        self.perform(effects)?;
        let state = &self.state;
        self.terminal.draw(state.size, |buf| view::view(state, buf))?;
        Ok(())
    }

    fn paused(&mut self, asked: Pause) -> Result<()> {
        match asked {
            Pause::Stop => self.stop(),
            // After our own stop everything is back already; others may stop and continue us too.
            Pause::Continued if std::mem::take(&mut self.stopped_by_us) => Ok(()),
            Pause::Continued => self.back(),
        }
    }

    fn stop(&mut self) -> Result<()> {
        terminal::restore();
        self.stopped_by_us = true;
        signals::stop();
        self.back()
    }

    fn back(&mut self) -> Result<()> {
        self.terminal.take()?;
        self.take(Msg::Resize(Terminal::size()))
    }
}

/// A panic anywhere gives the terminal back first, then reports as before, and ends the console.
fn restore_on_panic(endings: UnboundedSender<Exit>) {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        terminal::restore();
        report(info);
        let _ = endings.send(Exit::Panicked);
    }));
}

/// In debug builds only, and only where the environment asks for it, F12 is a panic: so that a test can see what a
/// panic in the middle of a picture leaves behind.
#[cfg(debug_assertions)]
#[allow(clippy::disallowed_methods, reason = "not in what is shipped")]
fn panic_if_asked(msg: &Msg) {
    let asked = matches!(msg, Msg::Key(key) if key.to_string() == "f12");
    assert!(!asked || std::env::var_os("ITOPS_PANIC_ON_F12").is_none(), "F12 was pressed");
}
