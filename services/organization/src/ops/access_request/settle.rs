//! Somebody became a profile user by another path: what they asked for is granted with it.

use muster_ids::{OrganizationId, PersonId};
use muster_states::Transition;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::{AccessRequest, Asker};
use crate::error::Error;
use crate::store::access_request;

/// Ends the request of a person that waits, so that it cannot be approved later, nor stays on anybody's list. `by`: who gives them what
/// they asked for. Answers who asked, as their own token said.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
    by: PersonId,
    now: OffsetDateTime,
) -> Result<Option<Asker>, Error> {
    let latest = access_request::lock_latest(tx, organization, person).await?;
    match latest.map(|request| request.approve(by, now)) {
        Some(Transition::Changed(granted)) => {
            access_request::update(tx, &granted).await?;
            let AccessRequest { asker, .. } = granted;
            Ok(Some(asker))
        }
        _ => Ok(None),
    }
}
