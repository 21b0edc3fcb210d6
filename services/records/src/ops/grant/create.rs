//! Consenting.

use muster_database::Insertion;
use muster_ids::{OrganizationId, PersonId};
use muster_server::Failure;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::Grant;
use crate::error::Error;
use crate::ops::learner::know;
use crate::store::{employment_projection, grant};

/// Each loser of a race finds the winner's grant at its next look, unless that is revoked meanwhile.
const MAX_ATTEMPTS: usize = 3;

/// Who consents, and to which organization.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Consent {
    pub(crate) person: PersonId,
    pub(crate) organization: OrganizationId,
}

/// Asks for an employment that no event has told of yet.
///
/// # Errors
/// Of a peer; the database's.
pub(crate) async fn prepare(context: &Context, consent: Consent) -> Result<(), Error> {
    know::prepare(context, consent.organization, consent.person).await
}

/// Grants the organization access to the person's record; one that is active already is the answer. The employment is
/// open when this commits: whatever ends it waits for the lock.
///
/// # Errors
/// [`Error::NotEmployed`]; the database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    consent: Consent,
) -> Result<Grant, Error> {
    let Consent { person, organization } = consent;
    let employment = employment_projection::lock(tx, organization, person).await?;
    if !employment.is_some_and(|employment| employment.state.is_open()) {
        return Err(Error::NotEmployed);
    }
    let new = Grant::give(context.clock.new_id(), person, organization, context.clock.now());
    for _ in 0..MAX_ATTEMPTS {
        if grant::insert(tx, &new).await? == Insertion::Stored {
            return Ok(new);
        }
        if let Some(active) = grant::lock_active(tx, person, organization).await? {
            return Ok(active);
        }
    }
    Err(Failure::Contended.into())
}
