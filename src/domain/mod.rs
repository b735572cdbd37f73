//! The map of the problem: the rules of operations work, and nothing else.
//!
//! Pure: no async, I/O, clock, wire format or colour in here. Rules take facts and answer facts, or refuse with a
//! reason; they never fault. Edges convert to and from their own formats.
//!
//! Glossary:
//! - **service**: something that works or does not; named by a five-segment path ([`hierarchy`]).
//! - **node**: a place above services: organization, platform, environment, cluster.
//! - **status**, **roll-up**, **silence**: how a service is, how a node is and why, and what happens when nobody
//!   reports ([`health`]).
//! - **target**, **budget**, **burn**: what was promised, how much may still fail, how fast it goes ([`sla`]).
//! - **exclusion window**, **result**, **restatement**: what does not count, what a closed day or month came to, and
//!   what corrected that later ([`sla::windows`], [`sla::results`]).
//! - **ticket**, **workflow**, **role**, **item**: who works on what and who may move it ([`tickets`]).
//! - **declared**, **fault**, **registry**: what the repository says, what is wrong with it, what takes effect
//!   ([`gitops`]).
//! - **acknowledged**, **snoozed**, **told**: what people said about a problem, and what is said outside of here
//!   ([`attention`]).
//! - **change**: a fact that became true, at its place in the one ordered log ([`change`]).
//! - **estate**: everything that is live now ([`estate`]).
//! - **refusal**: why a rule said no ([`refusal`]).

pub mod access;
pub mod attention;
pub mod change;
pub mod detail;
pub mod estate;
pub mod gitops;
pub mod health;
pub mod hierarchy;
pub mod refusal;
#[doc(hidden)]
pub mod samples;
pub mod search;
pub mod sla;
pub mod text;
pub mod tickets;
pub mod time;
