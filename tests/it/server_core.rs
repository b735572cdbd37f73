//! The core over a real database, in a world whose clock stands still.

mod access;
mod durable;
mod gitops;
mod health;
pub mod stage;
mod tickets;
