//! What follows here from the closing of an organization.

pub(crate) mod carry_out;

use muster_ids::OrganizationId;
use sqlx::PgConnection;

use crate::error::Error;
use crate::store::closing;

/// Refuses where the organization was closed. Asked, before anything is locked or written, by whatever makes an invitation or
/// an import, or lets an invitation be answered again: so none is open that the closing does not see. Whoever asked the
/// organization itself a moment ago asks all the same: it may have been closed since.
///
/// # Errors
/// `ORGANIZATION_NOT_ACTIVE`.
pub(crate) async fn refuse(tx: &mut PgConnection, organization: OrganizationId) -> Result<(), Error> {
    refuse_if(closing::is_closed(tx, organization).await?)
}

/// As [`refuse`], by whoever has looked.
///
/// # Errors
/// `ORGANIZATION_NOT_ACTIVE`.
pub(crate) fn refuse_if(is_closed: bool) -> Result<(), Error> {
    if is_closed {
        let state = "CLOSED".to_owned();
        Err(Error::OrganizationNotActive { state })
    } else {
        Ok(())
    }
}
