//! The one integration binary.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod properties;
mod tidy;
//! One binary for all integration tests.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod gitops;
