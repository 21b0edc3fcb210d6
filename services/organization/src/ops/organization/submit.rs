//! A profile is handed in for approval, and takes its license number.

use muster_ids::OrganizationId;
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::Organization;
use crate::error::Error;
use crate::store::organization;

/// Submits a profile. Of two profiles with one license number that are submitted at once, the unique index lets one through.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    id: OrganizationId,
) -> Result<Organization, Error> {
    let draft = organization::lock(tx, id).await?.ok_or(Failure::NotFound)?;
    match draft.submit(context.clock.now()) {
        Transition::Changed(submitted) => {
            super::update::store(tx, &submitted).await?;
            Ok(submitted)
        }
        Transition::AlreadyDone(submitted) => Ok(submitted),
        Transition::Refused(state) => Err(Error::OrganizationState(state)),
    }
}
