//! Where things are: paths, the tree of nodes, and scoped names.
//!
//! Start at [`path`]. [`naming`] holds short names, scopes and the cascade; [`tree`] the roll-up tree.

pub mod naming;
pub mod path;
pub mod tree;

pub use naming::ScopedName;
pub use path::{NodePath, Repaired, ServicePath};
