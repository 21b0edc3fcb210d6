//! A profile gets another name, address, type or license.

use muster_ids::OrganizationId;
use muster_server::Failure;
use muster_server::etag::{IfMatch, etag};
use muster_states::Transition;
use sqlx::PgConnection;

use super::license::require_free;
use crate::context::Context;
use crate::domain::{Organization, OrganizationUpdate};
use crate::error::Error;
use crate::store::{organization, registry};

/// Changes what its state lets be changed.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    id: OrganizationId,
    update: OrganizationUpdate,
    if_match: &IfMatch,
) -> Result<Organization, Error> {
    let organization = organization::lock(tx, id).await?.ok_or(Failure::NotFound)?;
    if_match.check(&etag(organization.version))?;
    let before = organization.clone();
    match organization.update(update, &context.license_rules)? {
        Transition::Changed(changed) => {
            if changed.state.waits_or_waited() && changed.licensing != before.licensing {
                // What was handed in once is not moved to a number that it could not be handed in with.
                require_free(tx, &changed).await?;
            }
            if !before.keeps_what_is_told(&changed) {
                return Err(Error::ProgrammeReadOnly);
            }
            organization::update(tx, &changed).await?;
            if changed.is_public() {
                registry::learn_words(tx, &[changed.found_by()]).await?;
            }
            Ok(changed)
        }
        Transition::AlreadyDone(organization) => Ok(organization),
        Transition::Refused(state) => Err(Error::OrganizationState(state)),
    }
}
