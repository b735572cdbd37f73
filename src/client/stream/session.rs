//! What to do next on the link: connect, greet, subscribe, beat, resume, give up. Pure: what happened and when goes
//! in, what to do comes out.

use super::{
    StreamEvent,
    frames::{ClientFrame, Head, ServerFrame},
};
use crate::{
    client::retry::backoff_ms,
    domain::{
        change::{Change, Seq},
        time::{SECOND, Timestamp},
    },
};

/// How patient a session is. All in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Between two beats, in both directions.
    pub beat_ms: i64,
    /// Older than this is called lagging.
    pub behind_ms: i64,
    /// Longest wait for a connection and the greeting.
    pub connect_ms: i64,
    /// First wait after a lost link.
    pub first_retry_ms: i64,
    /// Longest wait after a lost link.
    pub longest_retry_ms: i64,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            beat_ms: 10 * SECOND,
            behind_ms: 2 * SECOND,
            connect_ms: 10 * SECOND,
            first_retry_ms: 500,
            longest_retry_ms: 30 * SECOND,
        }
    }
}

/// Missed beats after which what we know is called stale.
const STALE_BEATS: i64 = 2;
/// Missed beats after which the link is given up.
const OFFLINE_BEATS: i64 = 3;

/// What happened.
#[derive(Debug)]
pub enum Input {
    /// The socket stands.
    Opened,
    /// The socket is gone, or did not come about, and why in clean words.
    Closed(String),
    /// A message came.
    Frame(ServerFrame),
    /// A message came that cannot be read.
    Unreadable(String),
    /// Time passed.
    Tick,
}

/// What to do.
#[derive(Debug, PartialEq)]
pub enum Output {
    /// Open a socket.
    Connect,
    /// Open a socket, with a new token: the old one was refused.
    ConnectAnew,
    /// Send this.
    Send(ClientFrame),
    /// Let go of the socket.
    Close,
    /// Tell the listener.
    Tell(StreamEvent),
    /// Nothing more will come.
    Finish,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    /// Until then nothing.
    Resting { until: Timestamp },
    /// A socket is being opened.
    Opening { since: Timestamp },
    /// The greeting was sent.
    Greeting { since: Timestamp },
    /// Changes may come.
    Live { since: Timestamp },
    /// Over.
    Done,
}

/// One link and its place in the log.
#[derive(Debug)]
pub struct Session {
    patience: Patience,
    epoch: String,
    after: Seq,
    phase: Phase,
    /// Failed tries since the link last held for a beat.
    attempt: u32,
    refused: bool,
    /// Whether this try is made with a new token, after the one before it was refused.
    anew: bool,
    heard: Timestamp,
    next_ping: Timestamp,
    /// When the unanswered ping was sent.
    asked: Option<Timestamp>,
    stale: bool,
    /// The lag last told, in milliseconds.
    lag: Option<i64>,
    /// Our clock minus the core's, at the fastest message so far: what is above it is delay.
    offset: Option<i64>,
}

impl Session {
    /// A session that follows log `epoch` after `after`. The first step is due at once.
    pub const fn new(patience: Patience, epoch: String, after: Seq, now: Timestamp) -> Self {
        Self {
            patience,
            epoch,
            after,
            phase: Phase::Resting { until: now },
            attempt: 0,
            refused: false,
            anew: false,
            heard: now,
            next_ping: now,
            asked: None,
            stale: false,
            lag: None,
            offset: None,
        }
    }

    /// When [`Input::Tick`] is due at the latest; none once it is over.
    pub fn wake_at(&self) -> Option<Timestamp> {
        let p = &self.patience;
        match self.phase {
            Phase::Resting { until } => Some(until),
            Phase::Opening { since } | Phase::Greeting { since } => Some(since.plus(p.connect_ms)),
            Phase::Live { .. } => {
                let missed = if self.stale { OFFLINE_BEATS } else { STALE_BEATS };
                let mut wake = self.next_ping.min(self.heard.plus(missed * p.beat_ms));
                if let Some(asked) = self.asked.filter(|_| self.lag.is_none()) {
                    wake = wake.min(asked.plus(p.behind_ms + 1));
                }
                Some(wake)
            }
            Phase::Done => None,
        }
    }

    /// The last change that was told.
    pub const fn after(&self) -> Seq {
        self.after
    }

    /// Take in what happened at `at`. `jitter` is a number from 0 to 1.
    pub fn step(&mut self, at: Timestamp, input: Input, jitter: f64) -> Vec<Output> {
        let mut out = Vec::new();
        match (self.phase, input) {
            (Phase::Done, _) => {}
            (Phase::Resting { until }, Input::Tick) if at >= until => {
                self.phase = Phase::Opening { since: at };
                self.anew = std::mem::take(&mut self.refused);
                out.push(if self.anew { Output::ConnectAnew } else { Output::Connect });
            }
            (Phase::Resting { .. }, _) => {}
            (Phase::Opening { .. }, Input::Opened) => {
                self.phase = Phase::Greeting { since: at };
                out.push(Output::Send(ClientFrame::Init));
            }
            (_, Input::Closed(reason)) => self.rest(at, reason, jitter, &mut out),
            (_, Input::Unreadable(why)) => {
                out.push(Output::Close);
                self.rest(at, format!("the core sent what cannot be read: {why}"), jitter, &mut out);
            }
            (Phase::Opening { since } | Phase::Greeting { since }, Input::Tick) => {
                if at.since(since) >= self.patience.connect_ms {
                    out.push(Output::Close);
                    self.rest(at, "the core did not answer in time".to_owned(), jitter, &mut out);
                }
            }
            (Phase::Greeting { .. }, Input::Frame(frame)) => self.greet(at, frame, jitter, &mut out),
            (Phase::Live { .. }, Input::Frame(frame)) => self.hear(at, frame, jitter, &mut out),
            (Phase::Live { .. }, Input::Tick) => self.beat(at, jitter, &mut out),
            (Phase::Opening { .. }, Input::Frame(_)) | (_, Input::Opened) => {}
        }
        out
    }

    fn greet(&mut self, at: Timestamp, frame: ServerFrame, jitter: f64, out: &mut Vec<Output>) {
        match frame {
            ServerFrame::Ack => {
                self.phase = Phase::Live { since: at };
                (self.heard, self.next_ping) = (at, at.plus(self.patience.beat_ms));
                (self.asked, self.stale, self.lag, self.offset) = (None, false, None, None);
                let subscribe = ClientFrame::Subscribe { epoch: self.epoch.clone(), after: self.after };
                out.push(Output::Send(subscribe));
                out.push(Output::Tell(StreamEvent::Connected));
            }
            ServerFrame::Ping(_) => out.push(Output::Send(ClientFrame::Pong)),
            ServerFrame::Error { code, message } => self.fail(at, &code, message, jitter, out),
            _ => {}
        }
    }

    fn hear(&mut self, at: Timestamp, frame: ServerFrame, jitter: f64, out: &mut Vec<Output>) {
        self.heard = at;
        let was_stale = std::mem::take(&mut self.stale);
        match frame {
            ServerFrame::Change(change) => self.take(at, *change, out),
            ServerFrame::Resync(why) => self.resync(why, out),
            ServerFrame::Ping(head) => {
                out.push(Output::Send(ClientFrame::Pong));
                self.compare(at, head, out);
            }
            ServerFrame::Pong => {
                let waited = self.asked.take().map_or(0, |asked| at.since(asked));
                self.judge_lag(waited, true, out);
                if self.lag.is_none() {
                    out.push(Output::Tell(StreamEvent::Beat));
                }
            }
            ServerFrame::Error { code, message } => self.fail(at, &code, message, jitter, out),
            ServerFrame::Complete => {
                out.push(Output::Close);
                self.rest(at, "the core ended the subscription".to_owned(), jitter, out);
            }
            ServerFrame::Ack => {}
        }
        // Whatever came is a sign of life, also when it only says again how far behind we are.
        let is_told = out.iter().any(|output| matches!(output, Output::Tell(_)));
        if let (Some(ms), Phase::Live { .. }, false) = (self.lag, self.phase, is_told) {
            out.push(Output::Tell(StreamEvent::Lagging { ms, heard: true }));
        }
        // The silence is over, and that is said.
        let beat = Output::Tell(StreamEvent::Beat);
        if was_stale && self.lag.is_none() && matches!(self.phase, Phase::Live { .. }) && !out.contains(&beat) {
            out.push(beat);
        }
    }

    /// The next change in order; a duplicate is dropped, a gap ends the session.
    fn take(&mut self, at: Timestamp, change: Change, out: &mut Vec<Output>) {
        if change.seq <= self.after {
            return;
        }
        if change.seq != self.after.next() {
            let why = format!("change {} came where {} was due", change.seq, self.after.next());
            return self.resync(why, out);
        }
        self.after = change.seq;
        let behind = self.offset.map_or(0, |offset| at.since(change.at) - offset);
        out.push(Output::Tell(StreamEvent::Change(change)));
        let was_behind = self.lag.is_some();
        self.judge_lag(behind, true, out);
        if was_behind && self.lag.is_none() {
            out.push(Output::Tell(StreamEvent::Beat));
        }
    }

    /// What the core says it sent, against what came.
    fn compare(&mut self, at: Timestamp, head: Option<Head>, out: &mut Vec<Output>) {
        let Some(head) = head else {
            self.lag = None;
            return out.push(Output::Tell(StreamEvent::Beat));
        };
        if head.sent > self.after {
            let why = format!("the core sent up to {}, {} came last", head.sent, self.after);
            return self.resync(why, out);
        }
        let apart = at.since(head.at);
        let offset = self.offset.map_or(apart, |known| known.min(apart));
        self.offset = Some(offset);
        self.judge_lag(apart - offset, true, out);
        if self.lag.is_none() {
            out.push(Output::Tell(StreamEvent::Beat));
        }
    }

    /// Tell when we are behind, and again only when that moved by a second.
    fn judge_lag(&mut self, ms: i64, heard: bool, out: &mut Vec<Output>) {
        if ms <= self.patience.behind_ms {
            self.lag = None;
            return;
        }
        if self.lag.is_none_or(|told| (told - ms).abs() >= SECOND) {
            self.lag = Some(ms);
            out.push(Output::Tell(StreamEvent::Lagging { ms, heard }));
        }
    }

    fn beat(&mut self, at: Timestamp, jitter: f64, out: &mut Vec<Output>) {
        let silent = at.since(self.heard);
        if silent >= OFFLINE_BEATS * self.patience.beat_ms {
            out.push(Output::Close);
            return self.rest(at, format!("no sign of life for {} s", silent / SECOND), jitter, out);
        }
        if silent >= STALE_BEATS * self.patience.beat_ms {
            if !self.stale {
                self.stale = true;
                out.push(Output::Tell(StreamEvent::Stale));
            }
        } else if let Some(asked) = self.asked {
            // The answer to our ping is late while nothing else came either.
            if self.heard <= asked {
                self.judge_lag(at.since(asked), false, out);
            }
        }
        if at >= self.next_ping {
            self.next_ping = at.plus(self.patience.beat_ms);
            self.asked.get_or_insert(at);
            out.push(Output::Send(ClientFrame::Ping));
        }
    }

    fn fail(&mut self, at: Timestamp, code: &str, message: String, jitter: f64, out: &mut Vec<Output>) {
        self.refused = code == "unauthenticated";
        // A new token is asked for next. It is of no help where the one just refused was new.
        let message = match (self.refused, self.anew && !self.held(at)) {
            (false, _) => message,
            (true, false) => format!("{message}; signing in anew"),
            (true, true) => format!("{message}; sign in again with `itops login`"),
        };
        out.push(Output::Close);
        self.rest(at, message, jitter, out);
    }

    /// Whether the link was live for a beat.
    fn held(&self, at: Timestamp) -> bool {
        matches!(self.phase, Phase::Live { since } if at.since(since) >= self.patience.beat_ms)
    }

    fn rest(&mut self, at: Timestamp, reason: String, jitter: f64, out: &mut Vec<Output>) {
        if self.held(at) {
            self.attempt = 0;
        }
        self.attempt = self.attempt.saturating_add(1);
        let p = &self.patience;
        let retry_in_ms = backoff_ms(self.attempt, p.first_retry_ms, p.longest_retry_ms, jitter);
        self.phase = Phase::Resting { until: at.plus(retry_in_ms) };
        out.push(Output::Tell(StreamEvent::Offline { reason, retry_in_ms }));
    }

    fn resync(&mut self, why: String, out: &mut Vec<Output>) {
        self.phase = Phase::Done;
        out.extend([Output::Close, Output::Tell(StreamEvent::Resync { why }), Output::Finish]);
    }
}

#[cfg(test)]
mod tests;
