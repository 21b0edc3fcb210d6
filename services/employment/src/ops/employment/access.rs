//! Access that somebody has by their employment ends with it, and only the owner takes access.

use muster_identity::Role;
use muster_ids::PersonId;

use crate::context::Context;
use crate::domain::Employment;
use crate::error::Error;

/// Asks whether the person has access by this open employment, and whether who ends or rejects it may take that: the person themself,
/// or the owner. Who becomes a profile user between this look and what follows has lost by then what it came from.
///
/// # Errors
/// [`Error::GivesAccess`]; of a peer.
pub(super) async fn spare(context: &Context, found: &Employment, by: PersonId) -> Result<(), Error> {
    if found.person == by || !found.state.is_open() {
        return Ok(());
    }
    let employed = context.peers.employed_profile_users(found.organization).await?;
    if !employed.contains(&found.person) {
        return Ok(());
    }
    match context.peers.role(found.organization, by).await? {
        Some(Role::Owner) => Ok(()),
        _ => Err(Error::GivesAccess),
    }
}
