//! Who may call what, read from where it is written: the option beside each RPC in the protos.
//!
//! - [`Rules`] loads every `(muster.access.v1.rule)` of a descriptor pool, or says everything that is wrong with them.
//! - [`MethodRule`] is one RPC: its [`Mode`], the service that owns it, and where its request names an organization.
//! - [`scan`] finds that name in the bytes of a request without decoding the rest.
//! - [`matrix`] prints the rules as the table that people read and review; [`calls`] prints who calls whom.
//!
//! ```no_run
//! # let pool = prost_reflect::DescriptorPool::new();
//! let rules = muster_access::Rules::load(&pool).map_err(|problems| muster_access::all(&problems))?;
//! let rule = rules.get("/muster.invitation.v1.InvitationService/CreateInvitation");
//! # Ok::<(), String>(())
//! ```

pub mod calls;
pub mod matrix;
mod method;
mod path;
mod problem;
mod read;
mod rules;
pub mod scan;

pub use method::{Actor, MethodRule, Mode, SignIn, Target};
pub use path::ScopePath;
pub use problem::{Problem, RuleProblem, all};
pub use rules::{Permissions, Rules};
