//! What every change of an employment ends with.

use muster_states::Transition;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::context::Context;
use crate::domain::Employment;
use crate::error::Error;
use crate::events::{self, Act};
use crate::store::employment;

/// Stores what a transition changed, and publishes it; what was done before is answered as it is.
pub(super) async fn settle<R>(
    tx: &mut PgConnection,
    context: &Context,
    transition: Transition<Employment, R>,
    actor: String,
    time: OffsetDateTime,
) -> Result<Employment, Error>
where
    Error: From<R>,
{
    match transition {
        Transition::Changed(changed) => {
            employment::update(tx, &changed, time).await?;
            let act = Act { actor, time };
            events::publish(tx, &context.clock, std::slice::from_ref(&changed), act).await?;
            Ok(changed)
        }
        Transition::AlreadyDone(same) => Ok(same),
        Transition::Refused(why) => Err(why.into()),
    }
}
