#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]
pub mod domain;
pub mod gitops;
pub mod world;
