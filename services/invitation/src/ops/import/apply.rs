//! Applying an approved import: batch after batch, each row in a trace of its own.
//!
//! A batch is one transaction: invitations, events, results of the rows and counts. A worker that dies in the middle
//! leaves either all or nothing of a batch, and whoever comes next goes on with the rows that are still VALID.

mod row;

use muster_ids::PersonId;
use muster_jobs::Lease;
use muster_server::Failure;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::domain::import::{Outcome, Row};
use crate::domain::invitation::{DeliveryState, Invitation};
use crate::domain::inviting::{InvitingContext, OrganizationStatus};
use crate::error::Error;
use crate::events::{self, Act};
use crate::store::import::claim::{self, Job};
use crate::store::import::results::{self, Applied};
use crate::store::import::rows;
use crate::store::quota::{self, Hour, Slot};
use row::Traced;

const ROWS_A_BATCH: i64 = 50;
/// How many batches of an import a worker does before it looks whether another import waits: a large one keeps no small
/// one waiting.
const BATCHES_A_TURN: usize = 20;
/// How often the organization is asked again whether it is still active and which groups are.
const CONTEXT_LIFE: std::time::Duration = std::time::Duration::from_secs(3);
/// Mails beyond the plan's limit of a day go out on one of the following days, as far as a mail may be scheduled.
const DAYS_AHEAD: i64 = 90;

/// Whether there may be more rows.
enum Batch {
    More,
    Finished,
    /// Another worker has the import.
    Lost,
}

/// Applies rows until none is left, the lease is lost, it is another import's turn, or it is time to stop.
///
/// # Errors
/// What keeps the import from going on.
pub(crate) async fn apply(
    context: &Context,
    job: &Job,
    approver: PersonId,
    traceparent: Option<&str>,
    shutdown: &CancellationToken,
) -> Result<(), Error> {
    let mut inviting = may_go_on(context, job).await?;
    let mut asked = tokio::time::Instant::now();
    for _ in 0..BATCHES_A_TURN {
        if shutdown.is_cancelled() {
            break;
        }
        if asked.elapsed() > CONTEXT_LIFE {
            inviting = may_go_on(context, job).await?;
            asked = tokio::time::Instant::now();
        }
        let lease = job.lease.prolonged(&context.clock, super::worker::LEASE);
        let work = Work {
            context,
            job,
            lease,
            inviting: &inviting,
            act: Act {
                actor: format!("person:{approver}"),
                time: context.clock.now(),
            },
            approver,
            traceparent,
        };
        match context.database.write(async |tx| work.batch(tx).await).await? {
            Batch::More => {}
            Batch::Finished | Batch::Lost => return Ok(()),
        }
    }
    // Whoever comes next need not wait for the lease to run out.
    let now = context.clock.now();
    let letting_go = context
        .database
        .write(async |tx| claim::postpone(tx, job, now).await);
    letting_go.await?;
    Ok(())
}

/// A suspended organization's import is paused.
async fn may_go_on(context: &Context, job: &Job) -> Result<InvitingContext, Error> {
    let inviting = context.organization.context(job.organization).await?;
    match inviting.status {
        OrganizationStatus::Suspended => Err(Failure::Contended.into()),
        OrganizationStatus::Active | OrganizationStatus::Other(_) => Ok(inviting),
    }
}

/// One batch.
struct Work<'a> {
    context: &'a Context,
    job: &'a Job,
    lease: Lease,
    inviting: &'a InvitingContext,
    act: Act,
    approver: PersonId,
    /// Of the approving call.
    traceparent: Option<&'a str>,
}

/// What a batch did.
struct Done {
    rows: Vec<Applied>,
    /// How many mails were asked for, and when they are due.
    mails: Option<(OffsetDateTime, i64)>,
}

/// No row got anything.
fn refused(rows: Vec<Traced>, why: &str) -> Done {
    Done {
        rows: rows.into_iter().map(|row| row.refused(why)).collect(),
        mails: None,
    }
}

impl Work<'_> {
    async fn batch(&self, tx: &mut PgConnection) -> Result<Batch, Error> {
        if !claim::hold(tx, self.job, self.lease).await? {
            return Ok(Batch::Lost);
        }
        let (organization, import) = (self.job.organization, self.job.import);
        let most = ROWS_A_BATCH.min(self.inviting.limits.messages_per_day.max(1));
        let rows = rows::to_apply(tx, organization, import, most).await?;
        if rows.is_empty() {
            claim::finish(tx, self.job, self.act.time).await?;
            return Ok(Batch::Finished);
        }
        let Done { rows, mails } = self.rows(tx, rows).await?;
        let followers = results::save(tx, organization, import, &rows).await?;
        let number = |outcome: Outcome| {
            i32::try_from(rows.iter().filter(|row| row.outcome == outcome).count()).unwrap_or(i32::MAX)
        };
        let refused = number(Outcome::Refused).saturating_add(followers);
        claim::count(tx, self.job, number(Outcome::Applied), refused).await?;
        // The last thing: the row it counts in is that of all who invite for the organization.
        if let Some((due, mails)) = mails {
            let slot = Slot::spread(import.as_uuid());
            quota::add(tx, organization, Hour::of(due), mails, slot).await?;
        }
        Ok(Batch::More)
    }

    /// In the order of the addresses: two transactions never wait for each other in a circle.
    async fn rows(&self, tx: &mut PgConnection, rows: Vec<Row>) -> Result<Done, Error> {
        let mut traced: Vec<Traced> = rows
            .into_iter()
            .map(|row| Traced::begin(row, self.traceparent))
            .collect();
        traced.sort_by(|left, right| left.canonical().cmp(right.canonical()));
        if self.inviting.status != OrganizationStatus::Active {
            return Ok(refused(traced, row::NOT_ACTIVE));
        }
        let wanted = i64::try_from(traced.len()).unwrap_or(i64::MAX);
        let Some(due) = self.due(tx, wanted).await? else {
            return Ok(refused(traced, row::DAYS_USED_UP));
        };
        let mut applied = Vec::with_capacity(traced.len());
        let mut mails = 0;
        for row in traced {
            let (done, new) = row.invite(tx, self, due).await?;
            if let Some(invitation) = new {
                mails += 1;
                self.ask_for_mail(tx, &invitation).await?;
            }
            applied.push(done);
        }
        Ok(Done {
            rows: applied,
            mails: (mails > 0).then_some((due, mails)),
        })
    }

    /// When the mails of a batch may go out: now, or on the first day on which the plan has room for all of them.
    async fn due(&self, tx: &mut PgConnection, mails: i64) -> Result<Option<OffsetDateTime>, Error> {
        let limit = self.inviting.limits.messages_per_day;
        for day in 0..DAYS_AHEAD {
            let due = self.act.time + Duration::days(day);
            let used = quota::in_day(tx, self.job.organization, Hour::of(due)).await?;
            if used + mails <= limit {
                return Ok(Some(due));
            }
        }
        Ok(None)
    }

    async fn ask_for_mail(&self, tx: &mut PgConnection, invitation: &Invitation) -> Result<(), Error> {
        if invitation.delivery == DeliveryState::Queued {
            events::mail_requested(tx, &self.context.clock, &self.act, &invitation.mail_request()).await?;
        }
        Ok(())
    }
}
