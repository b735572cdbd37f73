//! What happened: everything the pure part is ever told. Data only, so that it can be printed, compared and replayed.

use crate::domain::{
    change::Change,
    detail::{BudgetDetail, DeclaredIndex, ServiceDetail, TicketDetail},
    estate::Snapshot,
    gitops::SourceFile,
    refusal::Refusal,
    tickets::Ticket,
    time::Timestamp,
};

use super::keymap::Key;

/// Width and height in cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

/// Names an outstanding call; counted within the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// The mouse did something.
    Mouse(Mouse),
    /// Text was pasted. Never triggers an action.
    Paste(String),
    /// The terminal has another size.
    Resize(Size),
    /// Time went by and nothing else happened.
    Tick,
    /// The link did something.
    Link(LinkEvent),
    /// A whole new picture of the core.
    Snapshot(Box<Snapshot>),
    /// Facts that became true, in order of the log.
    Changes(Vec<Change>),
    /// The answer to an effect.
    Reply {
        /// Of which.
        request: RequestId,
        /// What came.
        result: Result<Reply, Failure>,
    },
}

/// What the mouse did, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    /// What.
    pub kind: MouseKind,
    /// Column, counted from 0.
    pub column: u16,
    /// Row, counted from 0.
    pub row: u16,
}

/// What the mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouseKind {
    /// The left button went down.
    Click,
    /// The wheel turned away from the user.
    ScrollUp,
    /// The wheel turned towards the user.
    ScrollDown,
}

/// What the link did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkEvent {
    /// A connection is being made.
    Connecting,
    /// The stream is open.
    Connected,
    /// A sign of life, with the core's clock when it was sent.
    Beat {
        /// The core's clock.
        core_at: Timestamp,
    },
    /// The stream is closed.
    Closed {
        /// Why, in words.
        reason: String,
        /// When the next try is made, if one is.
        retry_at: Option<Timestamp>,
    },
}

/// What a call brought.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// A service with its past.
    Service(Box<ServiceDetail>),
    /// A ticket with its history.
    Ticket(Box<TicketDetail>),
    /// A budget with its past.
    Budget(Box<BudgetDetail>),
    /// Everything declared.
    Declared(Box<DeclaredIndex>),
    /// A file of the repository, redacted.
    File(Box<SourceFile>),
    /// Older changes, newest first.
    Changes(Vec<Change>),
    /// The ticket after a write.
    Written(Box<Ticket>),
}

/// Why a call brought nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind of trouble.
    pub kind: FailureKind,
    /// In words, without a full stop.
    pub message: String,
    /// What to do; may be empty.
    pub hint: String,
}

/// Kinds of trouble, by what the console does about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// A rule said no; nothing was changed.
    Refused(Refusal),
    /// The call did not reach the core; nothing was changed.
    NotSent,
    /// The answer was lost: the write may have happened.
    Unknown,
    /// Not signed in any more.
    SignedOut,
    /// Anything else; nothing was changed.
    Fault,
}

impl Failure {
    /// Whether a write that ended so may have taken effect.
    pub const fn may_have_happened(&self) -> bool {
        matches!(self.kind, FailureKind::Unknown)
    }
}
