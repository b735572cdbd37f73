//! The embedded core: one truth, served over HTTP.
//!
//! Start at [`service`]: [`service::Core`] is the door to everything that is true. [`store`] keeps it on disk, [`auth`]
//! knows who is calling, [`jobs`] does what time brings about. Routes and resolvers only translate; they never
//! touch the store. Nothing in here knows a client or a console.

pub mod auth;
pub mod jobs;
pub mod service;
pub mod store;
