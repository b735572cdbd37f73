//! Everything the console knows and shows, as plain data.

use crate::domain::{
    access::User,
    tickets::transition::Directory,
    time::{MINUTE, Timestamp},
};

use super::{
    action::{Action, Context},
    batch::Batch,
    dialogs::Dialog,
    effect::Write,
    filter::{Filter, SavedFilter},
    format,
    inflight::Inflight,
    keymap::Keymap,
    link::Link,
    msg::Size,
    place::{History, Object, Place, ScreenId},
    replica::Replica,
    screens,
    text_input::TextInput,
    theme::{Glyphs, Theme, glyphs},
    undo::Undo,
};

/// Who looks at what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Name of the context.
    pub context: String,
    /// Address of the core.
    pub url: String,
    /// Whether the context is marked as production.
    pub production: bool,
    /// Who is signed in.
    pub user: User,
    /// Whether this process cannot write.
    pub read_only: bool,
}

impl Session {
    /// Whether anything may be written: neither the process nor the token forbids it.
    pub const fn may_write(&self) -> bool {
        !self.read_only && !self.user.read_only
    }
}

/// How times are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Times {
    /// How long ago.
    #[default]
    Ages,
    /// When, in UTC.
    Utc,
}

impl Times {
    /// When `at` was, in words for a sentence: `7m ago`, `at Mar 02 08:08`.
    pub fn said(self, at: Timestamp, now: Timestamp) -> String {
        match self {
            Self::Ages => format!("{} ago", format::span(now.since(at))),
            Self::Utc => format!("at {}", format::moment(at)),
        }
    }
}

/// How the console looks and listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Themes to choose from.
    pub themes: Vec<Theme>,
    /// Which of them.
    pub chosen: usize,
    /// Signs.
    pub glyphs: Glyphs,
    /// Keys.
    pub keymap: Keymap,
    /// Saved filters of the Tickets screen, in the order of their tabs.
    pub views: Vec<SavedFilter>,
    /// Ages or UTC times.
    pub times: Times,
}

impl Default for Options {
    fn default() -> Self {
        let themes = super::theme::BUNDLED.iter().filter_map(|(name, _)| Theme::bundled(name)).collect();
        Self {
            themes,
            chosen: 0,
            glyphs: glyphs::UNICODE,
            keymap: Keymap::default(),
            views: Vec::new(),
            times: Times::Ages,
        }
    }
}

impl Options {
    /// The theme in use.
    pub fn theme(&self) -> &Theme {
        static PLAIN: std::sync::LazyLock<Theme> = std::sync::LazyLock::new(Theme::default);
        self.themes.get(self.chosen).unwrap_or(&PLAIN)
    }
}

/// How important a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Goes with the next key.
    Info,
    /// Something was done.
    Done,
    /// Stays until closed, or until somebody has had time to read it.
    Problem,
}

/// How long a problem stays once somebody is there to read it, in milliseconds.
pub const READING_MS: i64 = MINUTE;

/// The message in the footer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How important.
    pub weight: Weight,
    /// In words.
    pub text: String,
    /// When the first key was pressed after it was said: somebody was there.
    pub read_from: Option<Timestamp>,
}

impl Notice {
    /// When it leaves by itself. None while nobody was there to read it.
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.read_from.map(|from| from.plus(READING_MS))
    }
}

/// What came of something the user did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// No answer yet.
    Sent,
    /// Done.
    Done,
    /// Not done, with the reason.
    Refused(String),
    /// The answer was lost; a read is settling it.
    Checking,
}

/// One line of what the user did in this session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// When.
    pub at: Timestamp,
    /// Which call.
    pub request: super::msg::RequestId,
    /// What.
    pub write: Write,
    /// What came of it.
    pub outcome: Outcome,
}

/// Everything.
#[derive(Clone, Debug)]
pub struct State {
    /// Now, by our clock.
    pub now: Timestamp,
    /// Size of the terminal.
    pub size: Size,
    /// Who looks at what.
    pub session: Session,
    /// How it looks.
    pub options: Options,
    /// What we know of the core.
    pub replica: Replica,
    /// How fresh that is.
    pub link: Link,
    /// Outstanding calls.
    pub inflight: Inflight,
    /// The screen in front.
    pub screen: ScreenId,
    /// The way here.
    pub history: History,
    /// What lies over the screen, the topmost last.
    pub dialogs: Vec<Dialog>,
    /// The filter that is being typed.
    pub typing: Option<TextInput>,
    /// The filter of each screen.
    pub filters: [Filter; 6],
    /// The message in the footer.
    pub notice: Option<Notice>,
    /// What was done in this session, oldest first.
    pub journal: Vec<Deed>,
    /// What was asked for many tickets at once, last.
    pub batch: Batch,
    /// What can be taken back, oldest first.
    pub undos: Vec<Undo>,
    /// Dialogs that open as soon as nobody is in the middle of something else.
    pub waiting: Vec<Dialog>,
    /// Pulse.
    pub pulse: screens::pulse::Pulse,
    /// Hierarchy.
    pub hierarchy: screens::hierarchy::Hierarchy,
    /// Budgets.
    pub budgets: screens::budgets::Budgets,
    /// Tickets.
    pub tickets: screens::tickets::Tickets,
    /// GitOps.
    pub gitops: screens::gitops::GitOps,
    /// Activity.
    pub activity: screens::activity::Activity,
}

impl State {
    /// A console that has not heard anything yet.
    pub fn new(session: Session, options: Options, now: Timestamp, size: Size) -> Self {
        Self {
            now,
            size,
            session,
            options,
            replica: Replica::default(),
            link: Link::default(),
            inflight: Inflight::default(),
            screen: ScreenId::default(),
            history: History::default(),
            dialogs: Vec::new(),
            typing: None,
            filters: Default::default(),
            notice: None,
            journal: Vec::new(),
            batch: Batch::default(),
            undos: Vec::new(),
            waiting: Vec::new(),
            pulse: Default::default(),
            hierarchy: Default::default(),
            budgets: Default::default(),
            tickets: Default::default(),
            gitops: Default::default(),
            activity: Default::default(),
        }
    }

    /// Now, by the core's clock: ages are counted on it.
    pub fn core_now(&self) -> Timestamp {
        self.now.plus(-self.link.skew_ms())
    }

    /// Whether what is shown may be old.
    pub const fn is_old(&self) -> bool {
        !self.link.is_fresh()
    }

    /// The groups that roles are resolved against.
    pub fn directory(&self) -> Directory<'_> {
        Directory { org: &self.replica.estate.source.org, groups: &self.replica.estate.source.groups }
    }

    /// The filter of the screen in front.
    pub const fn filter(&self) -> &Filter {
        &self.filters[self.screen as usize]
    }

    /// Where keys are looked up, innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        if let Some(dialog) = self.dialogs.last() {
            return dialog.contexts().to_vec();
        }
        if self.typing.is_some() {
            return vec![Context::Input, Context::Dialog];
        }
        vec![self.screen.context(), Context::List, Context::Global]
    }

    /// Whether an action can be asked for at all in this session.
    pub fn offers(&self, action: Action) -> bool {
        self.refuses(action).is_none()
    }

    /// Why an action cannot be asked for in this session, when it cannot.
    pub fn refuses(&self, action: Action) -> Option<String> {
        let what = action.spec().title.to_lowercase();
        if action.spec().writes && !self.session.may_write() {
            return Some(format!("not in a read-only session: {what}"));
        }
        match action {
            Action::BudgetExclude | Action::TreeExclude => {
                self.session.user.may_operate("an exclusion window").err().map(|refusal| refusal.reason)
            }
            Action::PulseAcknowledge | Action::PulseSnooze => {
                self.session.user.may_operate("acknowledging and snoozing").err().map(|refusal| refusal.reason)
            }
            _ => None,
        }
    }

    /// Where the user is.
    pub fn here(&self) -> Place {
        Place { screen: self.screen, object: self.selected() }
    }

    /// What is under the cursor.
    pub fn selected(&self) -> Option<Object> {
        screens::selected(self)
    }

    /// Say something in the footer.
    pub fn say(&mut self, weight: Weight, text: impl Into<String>) {
        self.notice = Some(Notice { weight, text: text.into(), read_from: None });
    }
}
