//! Who changed what and when, in a chain for each organization that shows tampering.
//!
//! The tables of a service write their history themselves: a migration of the service makes `history_entries`,
//! `history_heads` and the trigger function `keep_history` (services/employment/migrations has them alone in a file), and gives
//! each table that has a history its trigger. No verb can forget it. Here it is read and linked:
//!
//! - [`HistoryEntry`], [`Seal`], [`Followed`], [`Broken`]: the chain: pure.
//! - [`page`]: a page of the entries, newest first, as the contract lists them.
//! - [`SealHistory`]: the job that links what was committed.
//! - [`verify`]: the command that says whether the histories are what they were.
//!
//! What the digests are made of, and what cannot be seen: `docs/decisions/0066-history-that-shows-tampering.md`. What people wrote and
//! can be taken out, and what led to a change: `docs/decisions/0115-what-led-to-a-change.md`.

mod broken;
mod chain;
mod convert;
mod entry;
mod follow;
mod list;
mod seal;
mod store;
mod verify;

pub use broken::Broken;
pub use chain::{Followed, Seal};
pub use entry::{HistoryAct, HistoryEntry, Texts};
pub use list::{HistoryQuery, page};
pub use seal::SealHistory;
pub use verify::{KeepsHistory, verify};
