//! An administrator confirms that a person works here.

use muster_ids::{EmploymentName, PersonId};
use muster_server::Failure;
use sqlx::PgConnection;

use super::change::settle;
use crate::context::Context;
use crate::domain::Employment;
use crate::error::Error;
use crate::store::employment;

/// Which employment, and who confirms it.
#[derive(Debug, Clone)]
pub(crate) struct Verification {
    pub(crate) employment: EmploymentName,
    pub(crate) by: PersonId,
    /// The same person, as events name them.
    pub(crate) actor: String,
}

/// Verifies it, and publishes that; one that is verified already is answered as it is.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    verification: Verification,
) -> Result<Employment, Error> {
    let time = context.clock.now();
    let found = employment::lock(tx, verification.employment).await?;
    let verified = found.ok_or(Failure::NotFound)?.verify(verification.by, time);
    settle(tx, context, verified, verification.actor, time).await
}
