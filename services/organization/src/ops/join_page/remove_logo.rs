//! A join page loses its logo.

use muster_ids::OrganizationId;
use sqlx::PgConnection;

use crate::error::Error;
use crate::ops::lock_open;
use crate::store::logo;

/// Takes the logo away, if there is one.
///
/// # Errors
/// [`Error::OrganizationState`]; the database's.
pub(crate) async fn apply(tx: &mut PgConnection, organization: OrganizationId) -> Result<(), Error> {
    lock_open(tx, organization).await?;
    logo::remove(tx, organization).await?;
    Ok(())
}
