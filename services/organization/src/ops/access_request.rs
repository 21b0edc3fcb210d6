//! Verbs on requests for access. Whoever decides about one takes the lock of the profile first; whoever takes their own back
//! needs that of the request alone.

pub(crate) mod approve;
pub(crate) mod ask;
pub(crate) mod deny;
pub(crate) mod settle;
pub(crate) mod withdraw;

use muster_states::Transition;
use sqlx::PgConnection;

use crate::domain::{AccessRequest, AccessRequestState};
use crate::error::Error;
use crate::store::access_request;

/// Stores what a transition came to. Answers whether anything changed with it.
async fn store(
    tx: &mut PgConnection,
    transition: Transition<AccessRequest, AccessRequestState>,
) -> Result<(AccessRequest, bool), Error> {
    match transition {
        Transition::Changed(changed) => {
            access_request::update(tx, &changed).await?;
            Ok((changed, true))
        }
        Transition::AlreadyDone(same) => Ok((same, false)),
        Transition::Refused(state) => Err(Error::AccessRequestState(state)),
    }
}
