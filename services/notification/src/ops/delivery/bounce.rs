//! A report says that a message came back.

use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;
use tracing::Instrument;

use crate::context::Context;
use crate::domain::{HandedOver, SentCopy, StillSending};
use crate::store::delivery;
use crate::{events, spans};

/// What a report came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bounced {
    /// It is written down, and published.
    Changed,
    /// It is no news, or of a message that is not known here.
    Unchanged,
    /// What became of the message is not written down yet: the report is to come again.
    StillSending,
}

/// Writes down that a copy of a message came back, in words without addresses, and publishes it. The same report once more
/// changes nothing.
///
/// # Errors
/// The database's.
pub async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    copy: SentCopy,
    words: &str,
) -> Result<Bounced, Failure> {
    let Some(delivery) = delivery::lock_handed_over(tx, copy.delivery).await? else {
        return Ok(Bounced::Unchanged);
    };
    let span = spans::coming_back(&delivery);
    match delivery.bounce(copy) {
        Transition::Changed(bounced) => {
            write(tx, context, &bounced, words).instrument(span).await?;
            Ok(Bounced::Changed)
        }
        Transition::AlreadyDone(_) => Ok(Bounced::Unchanged),
        Transition::Refused(StillSending) => Ok(Bounced::StillSending),
    }
}

async fn write(
    tx: &mut PgConnection,
    context: &Context,
    bounced: &HandedOver,
    words: &str,
) -> Result<(), Failure> {
    if !delivery::update_bounced(tx, bounced, words, context.clock.now()).await? {
        return Err(Failure::Contended);
    }
    events::delivery_bounced(tx, &context.clock, bounced, words).await?;
    tracing::info!(delivery = %bounced.id, "a message came back");
    Ok(())
}
