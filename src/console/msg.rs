//! What happened: everything the pure part is ever told. Data only, so that it can be printed, compared and replayed.

use crate::domain::{
    attention::Handled,
    change::Change,
    detail::{BudgetDetail, DeclaredIndex, ServiceDetail, TicketDetail},
    estate::Snapshot,
    gitops::{self, Blame, Drift, FileDiff, FileHistory, Plan, Reconciled, SourceFile},
    sla::ExclusionWindow,
    tickets::Ticket,
    time::Timestamp,
};

use super::keymap::Key;

/// Why a call brought nothing.
pub use crate::client::error::ApiError as Failure;

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
    /// The user's editor ended: its text, or why there is none.
    Edited {
        /// Of which call.
        request: RequestId,
        /// The text, cleaned.
        result: Result<String, String>,
    },
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
    /// The left button went up.
    Release,
    /// The wheel turned away from the user.
    ScrollUp,
    /// The wheel turned towards the user.
    ScrollDown,
}

/// What the link did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkEvent {
    /// The stream is open.
    Connected,
    /// A sign of life; nothing is behind.
    Beat,
    /// What comes is so many milliseconds old.
    Lagging {
        /// How old.
        behind_ms: i64,
        /// Whether anything came; else it is what is waited for that is so late.
        heard: bool,
    },
    /// Two beats did not come.
    Stale,
    /// There is no connection.
    Offline {
        /// Why, in words.
        reason: String,
        /// When the next try is made, by our clock.
        retry_at: Timestamp,
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
    /// Which commit last changed each line of a file.
    Blame(Box<Blame>),
    /// The commits of a file.
    FileHistory(Box<FileHistory>),
    /// What a commit changed in a file.
    FileDiff(Box<FileDiff>),
    /// What would change.
    Plan(Box<Plan>),
    /// What the last reconciles did, newest first.
    Reconciles(Vec<Reconciled>),
    /// Declared against running.
    Drift(Vec<Drift>),
    /// Every declared thing in force with its fields.
    DeclaredState(Box<gitops::State>),
    /// Older changes, newest first.
    Changes(Vec<Change>),
    /// Every exclusion window.
    Windows(Vec<ExclusionWindow>),
    /// The ticket after a write.
    Written(Box<Ticket>),
    /// What a write whose answer was lost came to; none when it never arrived.
    Settled(Option<Box<Ticket>>),
    /// Every problem that somebody acknowledged or snoozed.
    Handled(Vec<Handled>),
    /// What holds of a problem after a write; none when it was taken back.
    Attended(Option<Box<Handled>>),
    /// The exclusion window after a write.
    WindowWritten(Box<ExclusionWindow>),
}
