//! Ids and resource names: every id is a type of its own, and a name is parsed once, at the door.
//!
//! An id is bound to a statement, and selected, as itself: in Postgres it is a `uuid`, several are `uuid[]`. In a page
//! token it is a position.
//!
//! Resource names follow AIP-122: `organizations/{organization}/invitations/{invitation}`.
//!
//! ```
//! use muster_ids::InvitationName;
//!
//! let text = "organizations/0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88/invitations/0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c89";
//! let name: InvitationName = text.parse()?;
//! assert_eq!(name.to_string(), text);
//! # Ok::<(), muster_ids::NameProblem>(())
//! ```

mod id;
mod name;

pub use id::*;
pub use name::*;
