//! The repository becomes true in a core: what goes, what stays, and what is said of it.

mod prune;
mod same;
mod source;
mod start;
mod watch;
mod wire;
