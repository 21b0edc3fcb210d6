//! Another time for a mail that waits for its time.

use muster_ids::InvitationName;
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::mailbox;
use super::resend::Prepared;
use crate::context::Context;
use crate::domain::invitation::Invitation;
use crate::error::Error;
use crate::ops::{At, closing};
use crate::store::invitation::{lock, update};
use crate::store::quota::{self, Hour, Slot};

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Reschedule {
    pub(crate) name: InvitationName,
    pub(crate) due: OffsetDateTime,
}

/// Gives the mail another time; one that waits for this very time is answered as it is. Whatever is answered holds: a mail that
/// was asked for a moment ago is refused.
///
/// # Errors
/// What `RescheduleInvitation` refuses.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    command: &Reschedule,
    prepared: Prepared,
) -> Result<At<Invitation>, Error> {
    let (name, time) = (command.name, context.clock.now());
    closing::refuse(tx, name.organization).await?;
    let found = lock(tx, name.organization, name.invitation).await?;
    let found = found.ok_or(Failure::NotFound)?;
    let before = found.send_time;
    let thing = match found.reschedule(command.due, time) {
        Transition::Changed(mut rescheduled) => {
            if !update(tx, &mut rescheduled).await? {
                return Err(Failure::Contended.into());
            }
            count(tx, context, &rescheduled, before, prepared.messages_per_day).await?;
            rescheduled
        }
        Transition::AlreadyDone(scheduled) => scheduled,
        Transition::Refused(why) => return Err(why.into()),
    };
    Ok(At { thing, time })
}

/// Counts the mail at its new time instead of the old one: for its mailbox, and against the plan last.
async fn count(
    tx: &mut PgConnection,
    context: &Context,
    moved: &Invitation,
    before: OffsetDateTime,
    limit: i64,
) -> Result<(), Error> {
    let organization = moved.organization;
    let full = mailbox::full(tx, context, organization, &[moved]).await?;
    if let Some(full) = full.into_values().next() {
        return Err(full.into());
    }
    let slot = Slot::spread(moved.id.as_uuid());
    // In the order of the hours, as all who count in several.
    let mut hours = [(Hour::of(before), -1), (Hour::of(moved.send_time), 1)];
    hours.sort_unstable();
    for (hour, messages) in hours {
        let used = quota::add(tx, organization, hour, messages, slot).await?;
        if messages > 0 && used >= limit {
            return Err(Error::MessagesUsedUp { used, limit });
        }
    }
    Ok(())
}
