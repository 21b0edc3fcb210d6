//! An administrator confirms that a person works here.

use muster_ids::{EmploymentName, PersonId};
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::Employment;
use crate::error::Error;
use crate::events::{self, Act};
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
    match found.ok_or(Failure::NotFound)?.verify(verification.by, time) {
        Transition::Changed(verified) => {
            employment::update(tx, &verified, time).await?;
            let actor = verification.actor;
            events::verified(tx, context.clock.new_id(), &verified, Act { actor, time }).await?;
            Ok(verified)
        }
        Transition::AlreadyDone(verified) => Ok(verified),
        Transition::Refused(why) => Err(why.into()),
    }
}
