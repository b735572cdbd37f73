//! The screens. Each is a folder of one shape:
//!
//! - `mod.rs`: its state, and what it is for;
//! - `update.rs`: `settle` (rows from what is known, only when that changed), `act` (an action, or none of its own),
//!   `open` (show an object), `selected`, `clicked`, `wishes` (what to fetch for what is looked at), `answered`;
//! - `view.rs`: `view`, a picture of the state that computes nothing.
//!
//! Here they are only routed to. No screen knows another: jumps go through [`super::update::open`].

pub mod activity;
pub mod budgets;
pub mod gitops;
pub mod hierarchy;
pub mod pulse;
pub mod tickets;
pub mod words;

use ratatui::layout::Rect;

use super::{
    action::{Action, Context},
    effect::Effect,
    layout,
    msg::{Failure, Reply, RequestId},
    paint::Canvas,
    place::{Object, ScreenId},
    state::State,
};

macro_rules! front {
    ($state:expr, $function:ident ( $($argument:expr),* )) => {
        match $state.screen {
            ScreenId::Pulse => pulse::$function($($argument),*),
            ScreenId::Hierarchy => hierarchy::$function($($argument),*),
            ScreenId::Budgets => budgets::$function($($argument),*),
            ScreenId::Tickets => tickets::$function($($argument),*),
            ScreenId::GitOps => gitops::$function($($argument),*),
            ScreenId::Activity => activity::$function($($argument),*),
        }
    };
}

/// Make the rows of the screen in front.
pub fn settle(state: &mut State) {
    let body = body(state);
    front!(state, settle(state, body));
}

/// Do an action of the screen in front; none when it has no such action.
pub fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    front!(state, act(state, action))
}

/// Show an object on the screen in front.
pub fn open(state: &mut State, object: &Object) -> Vec<Effect> {
    front!(state, open(state, object))
}

/// What is under the cursor of the screen in front.
pub fn selected(state: &State) -> Option<Object> {
    front!(state, selected(state))
}

/// The body was clicked.
pub fn clicked(state: &mut State, column: u16, row: u16) -> Vec<Effect> {
    let body = body(state);
    front!(state, clicked(state, body, column, row))
}

/// The mouse button went up; only the board of tickets carries anything.
pub fn released(state: &mut State, column: u16, row: u16) -> Vec<Effect> {
    if state.screen == ScreenId::Tickets { tickets::released(state, column, row) } else { Vec::new() }
}

/// The wheel turned over a place that scrolls by itself; none where the list as a whole does.
pub fn wheeled(state: &mut State, column: u16, row: u16, down: bool) -> Option<Vec<Effect>> {
    if state.screen == ScreenId::Tickets { tickets::wheeled(state, column, row, down) } else { None }
}

/// What to fetch for what is looked at.
pub fn wishes(state: &mut State) -> Vec<Effect> {
    front!(state, wishes(state))
}

/// An answer came; whoever waits for it takes it, else it is dropped. Not only the screen in front may wait.
pub fn answered(state: &mut State, request: RequestId, result: Result<Reply, Failure>) {
    for answered in [
        pulse::answered,
        hierarchy::answered,
        budgets::answered,
        tickets::answered,
        gitops::answered,
        activity::answered,
    ] {
        if answered(state, request, &result) {
            return;
        }
    }
}

/// The core can be reached again: what could not be read is asked for again when it is looked at.
pub fn reconnected(state: &mut State) {
    state.hierarchy.reconnected();
    state.budgets.past.retry();
    state.tickets.past.retry();
    state.gitops.reconnected();
}

/// Whether an action of the screen in front means something where the cursor is: those that do not are not offered below.
pub fn means(state: &State, action: Action) -> bool {
    match state.screen {
        ScreenId::GitOps => gitops::means(state, action),
        ScreenId::Tickets => tickets::means(state, action),
        ScreenId::Hierarchy => hierarchy::means(state, action),
        // What is done to what is selected needs something that is.
        ScreenId::Pulse | ScreenId::Budgets if selected(state).is_none() => action.spec().context == Context::Global,
        ScreenId::Pulse | ScreenId::Budgets | ScreenId::Activity => true,
    }
}

/// The figure on a screen's tab; empty for none.
pub fn badge(state: &State, screen: ScreenId) -> String {
    if !state.replica.loaded {
        return String::new();
    }
    match screen {
        ScreenId::Pulse => pulse::badge(state),
        ScreenId::Hierarchy => hierarchy::badge(state),
        ScreenId::Budgets => budgets::badge(state),
        ScreenId::Tickets => tickets::badge(state),
        ScreenId::GitOps => gitops::badge(state),
        ScreenId::Activity => activity::badge(state),
    }
}

/// Draw the screen in front.
pub fn view(state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    front!(state, view(state, area, canvas));
}

fn body(state: &State) -> Rect {
    layout::inset(layout::frame(state).body)
}
