//! What the other services ask. Their callers are workloads, so the organization is the one that they name.

mod director;
mod groups;
mod inviting;
mod roles;

pub(super) use inviting::InvitingContext;
