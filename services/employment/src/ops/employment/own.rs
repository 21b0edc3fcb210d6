//! What a person does with an employment of their own.

use muster_ids::{EmploymentName, PersonId};
use muster_server::Failure;
use sqlx::PgConnection;

use crate::domain::Employment;
use crate::error::Error;
use crate::store::employment;

/// Which employment, and who says that it is theirs.
#[derive(Debug, Clone)]
pub(crate) struct OwnEmployment {
    pub(crate) employment: EmploymentName,
    pub(crate) person: PersonId,
    /// The same person, as events name them.
    pub(crate) actor: String,
}

/// The employment, locked until the transaction ends. Somebody else's is there no more than one that does not exist.
pub(super) async fn lock(tx: &mut PgConnection, own: &OwnEmployment) -> Result<Employment, Error> {
    let found = employment::lock(tx, own.employment).await?;
    let found = found.filter(|employment| employment.person == own.person);
    Ok(found.ok_or(Failure::NotFound)?)
}

/// Looks whether the person has no newer one at the organization: what others keep about the two is ordered by version, and
/// follows the newest. To be asked after a change, which waits for whoever is about to begin a newer one.
///
/// # Errors
/// [`Error::Superseded`].
pub(super) async fn is_latest(tx: &mut PgConnection, changed: &Employment) -> Result<(), Error> {
    let latest = employment::find_latest(tx, changed.organization, changed.person).await?;
    match latest {
        Some(latest) if latest.id != changed.id => Err(Error::Superseded),
        _ => Ok(()),
    }
}
