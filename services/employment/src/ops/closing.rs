//! What follows here from the closing of an organization.

pub(crate) mod carry_out;

use muster_ids::OrganizationId;
use sqlx::PgConnection;

use crate::error::Error;
use crate::store::closing;

/// Refuses where the organization was closed. Asked, before anything is locked or written, by whatever opens an employment:
/// so none is open that the closing does not see.
///
/// # Errors
/// [`Error::OrganizationClosed`].
pub(crate) async fn refuse(tx: &mut PgConnection, organization: OrganizationId) -> Result<(), Error> {
    if closing::is_closed(tx, organization).await? {
        Err(Error::OrganizationClosed)
    } else {
        Ok(())
    }
}
