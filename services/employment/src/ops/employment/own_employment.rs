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
