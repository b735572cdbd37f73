//! Activity.

use ratatui::layout::Rect;

use crate::console::{
    action::Action,
    effect::Effect,
    msg::{Failure, Reply, RequestId},
    paint::Canvas,
    place::Object,
    state::State,
};

/// What this screen remembers.
#[derive(Clone, Debug, Default)]
pub struct Activity {}

/// Make the rows.
pub fn settle(_state: &mut State, _body: Rect) {}

/// Do an action of this screen; none when it has no such action.
pub fn act(_state: &mut State, _action: Action) -> Option<Vec<Effect>> {
    None
}

/// Show an object.
pub fn open(_state: &mut State, _object: &Object) -> Vec<Effect> {
    Vec::new()
}

/// What is under the cursor.
pub fn selected(_state: &State) -> Option<Object> {
    None
}

/// The body was clicked.
pub fn clicked(_state: &mut State, _body: Rect, _column: u16, _row: u16) -> Vec<Effect> {
    Vec::new()
}

/// What to fetch for what is looked at.
pub fn wishes(_state: &mut State) -> Vec<Effect> {
    Vec::new()
}

/// Take an answer; false when nobody here waits for it.
pub fn answered(_state: &mut State, _request: RequestId, _result: &Result<Reply, Failure>) -> bool {
    false
}

/// The figure on the tab.
pub fn badge(_state: &State) -> String {
    String::new()
}

/// Draw it.
pub fn view(_state: &State, _area: Rect, _canvas: &mut Canvas<'_>) {}
pub mod words;
