//! `itops demo`: an example estate that lives. Built like a customer's: the core reads a repository, reporters push
//! over HTTP, people work over GraphQL. Only the past is made up, and marked so.
//!
//! Start at [`scenario`] (what happens), then [`past`] (what happened before), [`reporters`] (who tells the core),
//! [`example`] (the repository) and [`synthetic`] (a generated one, for measuring).

pub mod example;
pub mod past;
pub mod reporters;
pub mod scenario;
pub mod synthetic;
