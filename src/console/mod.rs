//! The console: a function `(State, Msg) -> State + Effects`, and a picture of `State`.
//!
//! Start at [`state`] (what is known), [`msg`] (what happens), [`action`] (what a user can ask for), [`effect`] (what
//! is asked of the world), then [`mod@update`] and [`view`]. Screens live in [`screens`], what lies over them in
//! [`dialogs`], drawing of data in [`widgets`].
//!
//! Pure: no clock, file, socket, task or terminal in here but in [`shell`], which waits for everything and draws.

pub mod action;
pub mod attention;
pub mod batch;
pub mod dialogs;
pub mod effect;
pub mod filter;
pub mod format;
pub mod inflight;
pub mod keymap;
pub mod layout;
pub mod link;
pub mod list;
pub mod lost;
pub mod msg;
pub mod names;
mod outage;
pub mod paint;
pub mod place;
pub mod problems;
pub mod replica;
pub mod screens;
pub mod settings;
pub mod shell;
pub mod state;
#[doc(hidden)]
pub mod testing;
pub mod text_input;
pub mod theme;
pub mod times;
pub mod together;
pub mod undo;
pub mod update;
pub mod view;
pub mod widgets;
pub mod windows;
pub mod writes;

#[cfg(test)]
mod tests;

pub use state::{Options, Session, State};
pub use update::{Draw, Effects, before_drawing, update};
