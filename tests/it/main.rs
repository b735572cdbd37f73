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
mod cli_core;
#[cfg(feature = "server")]
mod cli_gitops;
#[cfg(feature = "server")]
mod contract;
#[cfg(feature = "server")]
mod data_folder;
#[cfg(feature = "server")]
mod demo;
#[cfg(feature = "server")]
mod git_fetch;
mod gitops;
mod gitops_trail;
#[cfg(feature = "server")]
mod headless;
mod late;
mod plan_properties;
mod plan_takes;
mod properties;
#[cfg(feature = "server")]
mod pty;
#[cfg(feature = "server")]
mod readme;
#[cfg(feature = "server")]
mod report_commands;
mod screens;
#[cfg(feature = "server")]
mod secrets;
#[cfg(feature = "server")]
mod served;
#[cfg(feature = "server")]
mod server_core;
#[cfg(feature = "server")]
mod server_gitops;
#[cfg(feature = "server")]
mod server_graphql;
#[cfg(feature = "server")]
mod server_hostile;
#[cfg(feature = "server")]
mod server_rest;
#[cfg(feature = "server")]
mod server_sla;
mod sla_oracle;
#[cfg(feature = "server")]
mod stream;
#[cfg(feature = "server")]
mod telling;
mod template_properties;
#[cfg(feature = "server")]
mod tickets_api;
#[cfg(feature = "server")]
mod tickets_commands;
#[cfg(feature = "server")]
mod tickets_rules;
mod tidy;
#[cfg(feature = "server")]
mod windows_commands;
