//! One binary for all integration tests, so that the crate is linked once.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod gitops;
mod properties;
mod screens;
#[cfg(feature = "server")]
mod server_core;
mod tidy;
//! All integration tests, one binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "tests may look at the real world"
)]

mod cli;
mod demo;
mod gitops;
mod headless;
mod properties;
mod server_core;
mod tidy;
