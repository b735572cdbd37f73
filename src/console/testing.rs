//! A console without a terminal: a small world, keys as they are written, and the picture they lead to.
//!
//! ```text
//! let mut console = Bench::small();
//! console.keys("2 j j <enter> /pay");
//! assert!(console.picture().contains("payment-api"));
//! ```

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    domain::{
        change::{Actor, Change, Fact},
        estate::Snapshot,
        time::{MINUTE, Timestamp},
    },
    testing::estate,
};

use super::{
    effect::{Effect, Fetch},
    keymap::key,
    msg::{Failure, LinkEvent, Msg, Reply, RequestId, Size},
    state::{Options, Session, State},
    update::{self, Draw},
    view,
};

/// A console under test.
pub struct Bench {
    /// Everything it knows.
    pub state: State,
    /// Now.
    pub at: Timestamp,
    /// What it asked of the world and nobody took yet.
    pub effects: Vec<Effect>,
    /// Whether the last message asked for a new picture.
    pub draw: Draw,
}

impl Bench {
    /// The estate of [`estate`] on a live link, 80 by 24.
    pub fn small() -> Self {
        Self::sized(80, 24)
    }

    /// The same at 140 by 40.
    pub fn wide() -> Self {
        Self::sized(140, 40)
    }

    /// The same at another size.
    pub fn sized(width: u16, height: u16) -> Self {
        let mut bench = Self::empty(width, height);
        bench.tell(Msg::Link(LinkEvent::Connected));
        bench.tell(Msg::Snapshot(Box::new(estate::snapshot())));
        bench
    }

    /// A console that has heard nothing yet.
    pub fn empty(width: u16, height: u16) -> Self {
        let session = Session {
            context: "demo".to_owned(),
            url: "http://127.0.0.1:8080/".to_owned(),
            production: false,
            user: estate::operator(),
            read_only: false,
        };
        let state = State::new(session, Options::default(), estate::AT, Size { width, height });
        Self { state, at: estate::AT, effects: Vec::new(), draw: Draw::No }
    }

    /// Another picture of the core.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Snapshot)) -> Self {
        let mut snapshot = estate::snapshot();
        change(&mut snapshot);
        self.tell(Msg::Snapshot(Box::new(snapshot)));
        self.state.replica.away = None;
        self
    }

    /// A session that cannot write.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.state.session.read_only = true;
        self
    }

    /// Tell it something.
    pub fn tell(&mut self, msg: Msg) -> &mut Self {
        let effects = update::update(&mut self.state, self.at, msg);
        self.draw = effects.draw;
        self.effects.extend(effects.list);
        if self.draw != Draw::No {
            self.effects.extend(update::before_drawing(&mut self.state));
        }
        self
    }

    /// Press keys, written as in `2 j j <enter> /pay <esc>`.
    ///
    /// # Panics
    /// When a word is no key.
    pub fn keys(&mut self, line: &str) -> &mut Self {
        let keys = key::parse_line(line).unwrap_or_else(|reason| panic!("{reason}"));
        for key in keys {
            self.tell(Msg::Key(key));
        }
        self
    }

    /// Let so many minutes go by on a link that stays alive.
    pub fn minutes(&mut self, minutes: i64) -> &mut Self {
        self.at = self.at.plus(minutes * MINUTE);
        self.tell(Msg::Link(LinkEvent::Beat));
        self.tell(Msg::Tick)
    }

    /// Let something become true.
    pub fn becomes(&mut self, fact: Fact) -> &mut Self {
        let change = Change { seq: self.state.replica.seq.next(), at: self.at, actor: Actor::System, fact };
        self.tell(Msg::Changes(vec![change]))
    }

    /// The newest call that nobody answered yet, and what it asks for.
    pub fn asked(&self) -> Option<(RequestId, &Fetch)> {
        self.effects.iter().rev().find_map(|effect| match effect {
            Effect::Fetch { request, what } => Some((*request, what)),
            _ => None,
        })
    }

    /// Answer the newest call.
    ///
    /// # Panics
    /// When there is none.
    pub fn answer(&mut self, reply: Reply) -> &mut Self {
        self.answer_with(Ok(reply))
    }

    /// Answer the newest call, or write, with a success or a failure.
    ///
    /// # Panics
    /// When there is none.
    pub fn answer_with(&mut self, result: Result<Reply, Failure>) -> &mut Self {
        let found = self.effects.iter().rposition(|e| matches!(e, Effect::Fetch { .. } | Effect::Write { .. }));
        let Some(Effect::Fetch { request, .. } | Effect::Write { request, .. }) =
            found.map(|at| self.effects.remove(at))
        else {
            panic!("no call is outstanding: {:?}", self.effects)
        };
        self.tell(Msg::Reply { request, result })
    }

    /// What was asked of the world since the last time somebody looked.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// The cells as they would be drawn.
    pub fn cells(&mut self) -> Buffer {
        update::before_drawing(&mut self.state);
        let mut buf = Buffer::empty(Rect::new(0, 0, self.state.size.width, self.state.size.height));
        view::view(&self.state, &mut buf);
        buf
    }

    /// The screen as text, one line a row, without blanks at line ends.
    pub fn picture(&mut self) -> String {
        let buf = self.cells();
        let mut out = String::new();
        for y in 0..buf.area.height {
            let mut line = String::new();
            let mut x = 0;
            while x < buf.area.width {
                let symbol = buf[(x, y)].symbol();
                line.push_str(symbol);
                x += u16::try_from(super::format::width(symbol).max(1)).unwrap_or(1);
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }
}
