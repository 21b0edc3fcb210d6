//! Accesses that end in a month: whose they are, and the owner, are to be mailed.

use muster_database::Insertion;
use muster_jobs::Batch;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::context::Context;
use crate::domain::{AccessReminder, ReminderRecipient};
use crate::error::Error;
use crate::events;
use crate::store::access_mail::{self, Ending};

const MAX_AT_ONCE: i64 = 100;

/// Asks for the mails that are due. An end that has passed meanwhile, because nobody looked for a month, is told of by nobody.
#[derive(Debug, Clone)]
pub(crate) struct Remind(pub(crate) Context);

impl Batch for Remind {
    const NAME: &'static str = "access-reminders";
    type Error = Error;

    async fn step(&self) -> Result<usize, Error> {
        let now = self.0.clock.now();
        let reminding = self.0.database.write(async |tx: &mut PgConnection| {
            let due = access_mail::lock_due(tx, now, MAX_AT_ONCE).await?;
            for ending in &due {
                remind(tx, &self.0, ending, now).await?;
            }
            Ok(due.len())
        });
        reminding.await
    }
}

async fn remind(
    tx: &mut PgConnection,
    context: &Context,
    ending: &Ending,
    now: OffsetDateTime,
) -> Result<(), Error> {
    access_mail::reminded(tx, ending).await?;
    if ending.expire_time <= now {
        return Ok(());
    }
    for recipient in ReminderRecipient::ALL {
        let reminder = AccessReminder {
            organization: ending.organization,
            id: context.clock.new_id(),
            person: ending.person,
            recipient,
            expire_time: ending.expire_time,
        };
        if access_mail::insert_reminder(tx, &reminder).await? == Insertion::Stored {
            events::access_ends(tx, context.clock.new_id(), &reminder, now).await?;
        }
    }
    Ok(())
}
