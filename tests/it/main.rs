//! One binary for all integration tests, so that the crate is linked once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "tests may look at the real world"
)]

mod cli;
#[cfg(feature = "server")]
mod demo;
mod gitops;
mod headless;
mod properties;
mod screens;
#[cfg(feature = "server")]
mod server_core;
mod tidy;
mod contract;
mod served;
mod server_core;
mod server_graphql;
mod server_rest;
mod stream;
