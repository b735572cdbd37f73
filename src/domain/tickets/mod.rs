//! Who works on what: tickets, the declared workflows they move through, and who may move them.
//!
//! Start at [`ticket`]; [`workflow`] is the declared state machine; [`role`] decides who fills a role and
//! explains it; [`transition`] answers "what can I do now"; [`clock`] the promised times.

pub mod act;
pub mod catalog;
pub mod clock;
pub mod role;
pub mod ticket;
pub mod transition;
pub mod workflow;

pub use catalog::{Catalog, Category, Item};
pub use clock::{Clock, Clocks};
pub use role::{Explanation, Group, Membership};
pub use ticket::{Entry, EntryKind, Priority, Ticket, TicketStatus};
pub use transition::{Offer, offers};
pub use workflow::{Role, Transition, Workflow};
