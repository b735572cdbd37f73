//! Who works on what: tickets, the declared workflows they move through, and who may move them.
//!
//! Start at [`ticket`]; [`workflow`] is the declared state machine; [`role`] decides who fills a role and
//! explains it; [`transition`] answers "what can I do now"; [`act`] is everything that can be done, [`grant`] by what
//! right it was done, [`why`] how that is explained; [`clock`] the promised times; [`automatic`] what the core opens by
//! itself.

pub mod act;
pub mod automatic;
pub mod catalog;
pub mod clock;
pub mod grant;
pub mod role;
pub mod ticket;
pub mod transition;
pub mod why;
pub mod workflow;

pub use act::{Act, Done, Handing};
pub use catalog::{Catalog, Category, Item};
pub use clock::{Clock, ClockKind, Clocks};
pub use grant::Grant;
pub use role::{Explanation, Group, Membership};
pub use ticket::{Cause, Entry, EntryKind, Priority, Ticket, TicketStatus};
pub use transition::{Offer, offers};
pub use workflow::{Role, Transition, Workflow};
