//! The SQL, as functions on a connection. Rows are parsed, not trusted. Time is always an argument.

mod backlog;
mod leases;
mod listing;
mod outcomes;
mod requests;
mod row;

pub use backlog::{Backlog, backlog};
pub use leases::{Claim, claim, lock_expired, reach_dot};
pub use listing::{Listed, Position, list};
pub use outcomes::{Settled, settle};
pub use requests::{NewDelivery, insert};
pub use row::{Claimed, Lease};
