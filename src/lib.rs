//! `itops`: an operations console for the terminal, its commands, and the core they talk to.
//!
//! # The idea
//!
//! ```text
//!              keys, resize, paste        frames of cells
//!                     |                        ^
//!         +-----------v------------------------+-----------+
//!         |  console::shell   (all waiting, all I/O)       |
//!         |   input -> Msg      Effect -> client -> Msg    |
//!         +-----------+------------------------^-----------+
//!                     | (at, Msg)              | &State
//!               +-----v------+           +-----+------+
//!               |  update    |           |   view     |      console, pure part
//!               | &mut State |           |  &State    |
//!               | -> Effects |           | -> Buffer  |
//!               +-----+------+           +-----+------+
//!                     |  asks the rules        |
//!         +-----------v------------------------v-----------+
//!         | domain: hierarchy health sla tickets gitops    |  pure; refuses, never faults
//!         +-----------^------------------------------------+
//!                     |  asks the same rules
//!         +-----------+-------------+        +-------------+
//!         | server: service, store  | <----- |   client    |  in between only the published contract:
//!         |  graphql, rest, stream  |  HTTP  | http, stream|  assets/schema.graphql, assets/openapi.json
//!         +-------------------------+        +-------------+
//! ```
//!
//! 1. [`domain`] holds the rules of operations work and does nothing else.
//! 2. `server` (the embedded core) serves them over an API; `client` speaks that API; they share no types but
//!    `domain`. The console reaches a core only over HTTP and websocket, embedded or remote.
//! 3. `console` is a function, `(State, Msg) -> State + Effects`, and a picture of `State`.
//! 4. Everything that waits, reads, writes, looks at a clock or draws randomness stands in a door.
//!
//! # One write, from key to screen
//!
//! A key becomes an `Action`, the action an `Effect` with an idempotency key and the version that was seen. The core's
//! one writer applies the domain rule to the [`domain::estate::Estate`], commits the rows of a whole batch and their
//! Changes in one transaction, which goes to the database as one text, then answers and publishes. What the rows of a push say in more places
//! than log and history is written for many pushes at once (`server::store::settled`). Every console, the one that wrote included, learns of it as
//! a [`domain::change::Change`] with the next `seq` and applies it to its own estate by the same rule.
//!
//! # One commit, from file to screen
//!
//! `gitops` reads a folder or a revision into documents with positions, faults and a registry; what did not change is
//! neither opened nor parsed again, and what it declares is shared with the reading before, so that sameness is a look at a
//! pointer. [`domain::gitops::State`] is what was read as things with fields,
//! [`domain::gitops::Plan`] the difference to what is in force, under the prune rules. The core carries out exactly the
//! steps that are not held, one row for each thing, in one transaction with their Changes. The same plan is made by the
//! commands, where the repository lies, and shown before anything happens. Who wrote a line is asked of git when somebody
//! wants to know, through one door.
//!
//! # One bad day, from report to result
//!
//! A line of statuses is kept for each service, a merged one with running sums for each SLA group; a new point changes
//! what it touches. A report that comes late is placed by [`domain::health::late`] so that the past is the same in
//! whatever order reports come; for that, silences that are over are kept beside the line. A closed day or month is kept as it was told, and whatever corrects it later is a restatement beside it.
//! Windows that count for nothing, incidents and what explains them are derived by rules of [`domain`], never stored twice.
//!
//! # What leaves the core
//!
//! What begins or stops needing a person ([`domain::attention::telling`]) goes into a queue in the transaction that made it
//! true, and from there to receivers outside. `server::outbound` is the one door for that: it judges every address before a
//! connection is made. It shares nothing with `client::http`, the door of console and commands.
//!
//! # What must not bend
//!
//! A write is never repeated by itself. A write and its Change commit together; a gap in `seq` or another epoch means a
//! new snapshot. Untrusted text is cleaned once, at the door ([`domain::text`]). Secrets are redacted where the
//! repository is read and go no further. Read-only constructs no writer. A bad or empty source removes nothing. What is
//! stale is never shown as good, an error never as an empty list. The terminal is restored on every way out.
//!
//! # Modules, in reading order

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod domain;
pub mod world;

pub mod gitops;

pub mod client;

pub mod console;

#[cfg(feature = "server")]
pub mod server;

pub mod settings;

pub mod cli;

pub mod commands;

pub mod print;

pub mod telemetry;

pub mod launch;

#[cfg(feature = "server")]
pub mod demo;

#[doc(hidden)]
pub mod testing;
