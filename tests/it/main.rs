#![allow(clippy::unwrap_used, clippy::expect_used)]

mod contract;
mod served;
mod server_core;
mod server_graphql;
mod server_rest;
mod stream;
