//! Taking consent back.

use muster_ids::GrantName;
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::Grant;
use crate::error::Error;
use crate::ops::learner::know;
use crate::store::grant;

/// Asks for a consent that came with a claim of which no event has told yet: whoever claimed knows what its grant is called.
///
/// # Errors
/// Of a peer, when there is no such grant here and the employment service does not answer; the database's.
pub(crate) async fn prepare(context: &Context, name: GrantName) -> Result<(), Error> {
    let find = async |db: &mut _| grant::find(db, name.person, name.grant).await;
    if context.database.read(find).await?.is_some() {
        return Ok(());
    }
    match context.peers.claimed_consent(name).await? {
        Some(organization) => know::ask(context, organization, name.person).await,
        None => Ok(()),
    }
}

/// Takes a grant of the person back; one that is over already stays as it is. Waits for readings that have begun: when
/// this has committed, none follows.
///
/// # Errors
/// [`Failure::NotFound`]; the database's.
pub(crate) async fn apply(tx: &mut PgConnection, context: &Context, name: GrantName) -> Result<Grant, Error> {
    let locked = grant::lock(tx, name.person, name.grant).await?;
    match locked.ok_or(Failure::NotFound)?.revoke(context.clock.now()) {
        Transition::Changed(revoked) => {
            grant::update(tx, &revoked).await?;
            Ok(revoked)
        }
        Transition::AlreadyDone(over) => Ok(over),
        Transition::Refused(never) => match never {},
    }
}
