#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]
pub mod client;
pub mod domain;
#[cfg(feature = "server")]
pub mod server;
pub mod world;
