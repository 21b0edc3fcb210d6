//! A profile is handed in for approval. It reserves no license number.

use muster_ids::OrganizationId;
use muster_states::Transition;
use sqlx::PgConnection;

use super::license;
use crate::context::Context;
use crate::domain::Organization;
use crate::error::Error;
use crate::store::organization;

/// Which profile, and whether its owner can be reached.
pub(crate) struct Submission {
    pub(crate) organization: OrganizationId,
    /// Whether somebody tells a verified address of who hands it in.
    pub(crate) is_reachable: bool,
}

/// Submits a profile, unless an approved one holds its license number.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    submission: Submission,
) -> Result<Organization, Error> {
    let draft = license::lock(tx, submission.organization).await?;
    match draft.submit(context.clock.now()) {
        Transition::Changed(_) if !submission.is_reachable => Err(Error::AddressUnknown),
        Transition::Changed(submitted) => {
            license::require_free(tx, &submitted).await?;
            organization::update(tx, &submitted).await?;
            Ok(submitted)
        }
        Transition::AlreadyDone(submitted) => Ok(submitted),
        Transition::Refused(state) => Err(Error::OrganizationState(state)),
    }
}
