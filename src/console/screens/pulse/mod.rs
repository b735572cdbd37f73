//! Pulse: what needs a person now, worst first; budgets; changes as they come.
//!
//! The ranking itself is [`crate::console::problems`]. Start at [`Pulse`]; [`words`] puts a problem into words.

mod budgets;
mod detail;
mod update;
mod view;
mod words;

#[cfg(test)]
mod tests;

use ratatui::layout::Rect;

use crate::{
    console::{
        list::{List, Row},
        msg::RequestId,
        place::Object,
        problems::{Kind, Problem},
        state::State,
    },
    domain::{change::Seq, health::Counted},
};

pub use update::{act, answered, badge, clicked, open, selected, settle, wishes};
pub use view::view;
pub use words::heading;

/// What a problem is about, by name, and why it is one.
pub fn named(problem: &Problem, state: &State) -> (String, String) {
    (words::subject(problem, state).0, words::reason(problem, state))
}

/// Which panel the keys move in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Panel {
    /// What needs a person.
    #[default]
    Problems,
    /// Changes as they come.
    Feed,
}

/// What this screen remembers.
#[derive(Clone, Debug, Default)]
pub struct Pulse {
    panel: Panel,
    problems: List<Problem>,
    feed: List<FeedRow>,
    show_snoozed: bool,
    /// Whether something was done about the row under the cursor since the cursor moved.
    acted: bool,
    /// How many problems are snoozed now.
    snoozed: usize,
    /// How many problems are acknowledged now.
    acknowledged: usize,
    asked: Option<RequestId>,
    asked_once: bool,
    made_of: Option<(u64, u64, u64)>,
    own_version: u64,
}

/// Which problem: the object, what is wrong with it, and which of several things that are wrong in that way.
pub type ProblemId = (Object, &'static str, String);

impl Row for Problem {
    type Id = ProblemId;
    fn id(&self) -> ProblemId {
        let which = match &self.kind {
            Kind::Reporter(name, ..) | Kind::WrongClock(name, ..) | Kind::Unheard(Some(name), ..) => name.clone(),
            Kind::LeftOpen(id) | Kind::Announced(_, id) => id.to_string(),
            _ => String::new(),
        };
        (self.object.clone(), self.kind.word(), which)
    }
}

/// A change in the feed; the change itself stays in the replica.
#[derive(Clone, Debug, PartialEq)]
struct FeedRow {
    seq: Seq,
    /// What its services are now, where it stands for many of one reporter.
    many: Option<Counted>,
}

impl Row for FeedRow {
    type Id = Seq;
    fn id(&self) -> Seq {
        self.seq
    }
}

/// Where its panels lie.
#[derive(Clone, Copy, Debug)]
struct Parts {
    strip: Rect,
    problems: Rect,
    detail: Rect,
    divider: Rect,
    budgets: Rect,
    feed: Rect,
}

/// The panels in `body`, with `budgets` groups to show.
///
/// The problems have the whole width, for their reasons are sentences. What is known of the one under the cursor stands
/// below, beside budgets and changes where that is wide enough; a narrow body has no budgets panel: they are among the
/// problems.
fn parts(body: Rect, budgets: usize) -> Parts {
    let empty = Rect { width: 0, height: 0, ..body };
    let strip = Rect { height: body.height.min(1), ..body };
    let gap = u16::from(body.height >= 16);
    let rest = crate::console::paint::below(body, 1 + gap);
    if !is_wide(body) {
        let feed_height = (rest.height / 5).min(6);
        let detail_height = if rest.height >= 12 { (rest.height / 3).clamp(4, 8) } else { 0 };
        let problems = Rect { height: rest.height - feed_height - detail_height, ..rest };
        let detail = Rect { y: problems.bottom(), height: detail_height, ..rest };
        let feed = Rect { y: detail.bottom(), height: feed_height, ..rest };
        return Parts { strip, problems, detail, divider: empty, budgets: empty, feed };
    }
    let below = if rest.height >= 16 { (rest.height * 2 / 5).max(8) } else { rest.height / 3 };
    let problems = Rect { height: rest.height - below, ..rest };
    let below = Rect { y: problems.bottom(), height: below, ..rest };
    let (detail, divider, right) = crate::console::layout::columns(below, 54);
    let right = crate::console::layout::inset(right);
    let wanted = u16::try_from(budgets).unwrap_or(u16::MAX).saturating_add(2);
    let budgets = Rect { height: wanted.min(right.height * 3 / 5), ..right };
    let feed = Rect { y: budgets.bottom(), height: right.height - budgets.height, ..right };
    Parts { strip, problems, detail, divider, budgets, feed }
}

/// Whether there is room for two panels side by side.
const fn is_wide(body: Rect) -> bool {
    body.width >= 110
}
