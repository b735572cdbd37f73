//! Builders for tests and the demo. Not part of the program's promise.
//!
//! Start at [`estate`]: a small company with something wrong in every way the screens can show.

pub mod estate;
mod source;
