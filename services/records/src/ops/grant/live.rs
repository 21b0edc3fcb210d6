//! What of a person and an organization is in force, or asked for.

use muster_ids::{OrganizationId, PersonId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::{Grant, GrantState};
use crate::error::Error;
use crate::store::grant;

/// The grant that is in force, or else the one that is asked for, locked until the transaction ends. Of what is over by the clock it is
/// written down that it is, so that another may take its place.
pub(super) async fn lock(
    tx: &mut PgConnection,
    person: PersonId,
    organization: OrganizationId,
    now: OffsetDateTime,
) -> Result<Option<Grant>, Error> {
    let (mut active, mut requested) = (None, None);
    for live in grant::lock_live(tx, person, organization).await? {
        match live.state_at(now) {
            GrantState::Active => active = Some(live),
            GrantState::Requested => requested = Some(live),
            _ => grant::update(tx, &live.expire()).await?,
        }
    }
    Ok(active.or(requested))
}
