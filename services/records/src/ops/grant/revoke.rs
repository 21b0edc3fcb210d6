//! Taking consent back.

use muster_ids::GrantName;
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::Grant;
use crate::error::Error;
use crate::store::grant;

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
