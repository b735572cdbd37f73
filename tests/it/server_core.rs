//! The core over a real database, in a world whose clock stands still.

mod access;
mod any_order;
mod attention;
mod automatic;
mod away;
mod clock_set_back;
mod corrections;
mod daily;
mod durable;
mod gitops;
mod handing;
mod health;
mod history;
mod incidents;
mod kept;
mod promises;
mod reporters;
mod restarts;
mod results;
mod retired;
mod settled;
mod sharing;
pub mod stage;
mod tickets;
mod told;
mod windows;
