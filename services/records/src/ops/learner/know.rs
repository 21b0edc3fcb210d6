//! Asking once for an employment that no event has told of yet.

use muster_database::DatabaseError;
use muster_ids::{OrganizationId, PersonId};

use super::Desk;
use crate::error::Error;
use crate::store::projection;

/// Makes sure that the projection has a row for the person at the organization, if there is an employment. To be called
/// before the transaction that decides by it: that one looks again, under a lock.
///
/// # Errors
/// [`Error::Peer`] when the employment service does not answer; the database's.
pub(crate) async fn know_learner(
    desk: &Desk,
    organization: OrganizationId,
    person: PersonId,
) -> Result<(), Error> {
    let known = desk
        .read(move |db| Box::pin(projection::get(db, organization, person)))
        .await?;
    if known.is_some() {
        return Ok(());
    }
    let Some(standing) = desk.peers.standing(organization, person).await? else {
        return Ok(());
    };
    let learning = desk
        .database
        .write_boxed(move |tx| Box::pin(projection::learn(tx, organization, person, standing)));
    learning
        .await
        .map(drop)
        .map_err(|error: DatabaseError| error.into())
}
