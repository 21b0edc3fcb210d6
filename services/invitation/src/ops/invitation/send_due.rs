//! Scheduled mails: asked for when their time has come.

use muster_jobs::Batch;

use crate::context::Context;
use crate::domain::invitation::{DeliveryState, HeldBack, TOO_LATE};
use crate::error::Error;
use crate::events::{self, Act, SELF};
use crate::store::invitation::due::{self, DueMail};

const MAX_AT_ONCE: i64 = 100;

/// Asks for the mails that are due, at most a hundred at once.
pub(crate) struct SendDue(pub(crate) Context);

impl Batch for SendDue {
    const NAME: &'static str = "scheduler";
    type Error = Error;

    async fn step(&self) -> Result<usize, Error> {
        let act = Act {
            actor: SELF.to_owned(),
            time: self.0.clock.now(),
        };
        let asking = self.0.database.write(async |tx| {
            let mut due = due::lock(tx, act.time, MAX_AT_ONCE).await?;
            for DueMail { mail, send_time } in &mut due {
                if act.time > *send_time + TOO_LATE {
                    due::mark_held(tx, mail, DeliveryState::Scheduled, HeldBack::TooLate).await?;
                    continue;
                }
                mail.version = due::mark_queued(tx, mail).await?;
                events::mail_requested(tx, &self.0.clock, &act, mail).await?;
            }
            Ok(due.len())
        });
        asking.await
    }
}
