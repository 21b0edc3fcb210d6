//! Taking consent back.

use muster_database::idempotency::{self, Key};
use muster_ids::GrantName;

use super::{Answer, Desk};
use crate::domain::Grant;
use crate::error::Error;
use crate::store::grants;

/// Takes a grant of the person back, once for the request's id; one that is over already stays as it is. Waits for
/// readings that have begun: when this has committed, none follows.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::RequestIdReused`]; the database's.
pub(crate) async fn revoke<A: Answer<Grant>>(desk: &Desk, key: Key, name: GrantName) -> Result<A, Error> {
    let now = desk.clock.now();
    idempotency::run(&desk.database, key, now, move |tx| {
        Box::pin(async move {
            let grant = grants::revoke(tx, name.person, name.grant, now)
                .await?
                .ok_or(Error::NotFound)?;
            Ok(A::from(grant))
        })
    })
    .await
}
