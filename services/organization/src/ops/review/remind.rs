//! Reviews that are due: the owner is to be reminded.

use muster_jobs::Batch;
use muster_server::Failure;
use sqlx::PgConnection;

use crate::context::Context;
use crate::error::Error;
use crate::events;
use crate::store::{organization, review};

const MAX_AT_ONCE: i64 = 100;

/// Asks for the reminders that are due.
#[derive(Debug, Clone)]
pub(crate) struct RemindOfReviews(pub(crate) Context);

impl Batch for RemindOfReviews {
    const NAME: &'static str = "review-reminders";
    type Error = Error;

    async fn step(&self) -> Result<usize, Error> {
        let context = &self.0;
        let now = context.clock.now();
        let reminding = context.database.write(async |tx: &mut PgConnection| {
            let due = review::lock_due(tx, now, MAX_AT_ONCE).await?;
            for known in &due {
                let profile = organization::find(tx, known.organization).await?;
                let period = context.review_periods.of(&profile.ok_or(Failure::NotFound)?);
                let looked = known.look(now, period);
                review::update(tx, &looked).await?;
                if looked.mail_number > known.mail_number {
                    events::review_due(tx, context.clock.new_id(), &looked, now).await?;
                }
            }
            Ok(due.len())
        });
        reminding.await
    }
}
