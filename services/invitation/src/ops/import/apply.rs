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
use crate::domain::invitation::{DeliveryState, Invitation, MailRequest};
use crate::domain::inviting::{InvitingContext, OrganizationStatus};
use crate::error::Error;
use crate::events::{self, Act};
use crate::ops::invitation::invite::{Invited, invite_all};
use crate::store::closing;
use crate::store::import::claim::{self, Job};
use crate::store::import::results::{self, Applied};
use crate::store::import::rows;
use crate::store::quota::{self, Hour, Slot};
use row::Traced;

/// A batch is one transaction, for which a call by hand may have to wait: some tens of milliseconds.
const ROWS_A_BATCH: i64 = 500;
/// How many rows of an import a worker does before it looks whether another import waits: a large one keeps no small one
/// waiting.
const ROWS_A_TURN: i64 = 1_000;
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
    let (mut rows_a_batch, mut done) = (ROWS_A_BATCH, 0);
    while done < ROWS_A_TURN && !shutdown.is_cancelled() {
        if asked.elapsed() > CONTEXT_LIFE {
            inviting = may_go_on(context, job).await?;
            asked = tokio::time::Instant::now();
        }
        let lease = job.lease.prolonged(&context.clock, super::LEASE);
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
        let batch = context
            .database
            .write(async |tx| work.batch(tx, rows_a_batch).await);
        match batch.await {
            Ok(Batch::More) => done += rows_a_batch,
            Ok(Batch::Finished | Batch::Lost) => return Ok(()),
            // One of its rows is broken: those before it are done.
            Err(error) if !error.is_transient() && rows_a_batch > 1 => rows_a_batch = 1,
            Err(error) => return Err(error),
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

/// What the plan lets go out on a day.
#[derive(Debug, Clone, Copy)]
struct DayCapacity {
    due: OffsetDateTime,
    /// At least one.
    mails: i64,
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
    async fn batch(&self, tx: &mut PgConnection, most: i64) -> Result<Batch, Error> {
        // Before a row is locked. By now it may be closed, whatever it said when it was asked.
        let is_active = self.inviting.status == OrganizationStatus::Active
            && !closing::is_closed(tx, self.job.organization).await?;
        if !claim::hold(tx, self.job, self.lease).await? {
            return Ok(Batch::Lost);
        }
        let (organization, import) = (self.job.organization, self.job.import);
        let capacity = self.capacity(tx).await?;
        let most = capacity.map_or(most, |capacity| most.min(capacity.mails));
        let rows = rows::to_apply(tx, organization, import, most).await?;
        if rows.is_empty() {
            claim::finish(tx, self.job, self.act.time).await?;
            return Ok(Batch::Finished);
        }
        let Done { rows, mails } = self.rows(tx, rows, capacity, is_active).await?;
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
    async fn rows(
        &self,
        tx: &mut PgConnection,
        rows: Vec<Row>,
        capacity: Option<DayCapacity>,
        is_active: bool,
    ) -> Result<Done, Error> {
        let begin = |row| Traced::begin(row, self.traceparent);
        let mut traced: Vec<Traced> = rows.into_iter().map(begin).collect();
        traced.sort_by(|left, right| left.canonical().cmp(right.canonical()));
        if !is_active {
            return Ok(refused(traced, row::NOT_ACTIVE));
        }
        let Some(DayCapacity { due, .. }) = capacity else {
            return Ok(refused(traced, row::DAYS_USED_UP));
        };
        let (mut applied, mut asking, mut drafts) = (Vec::new(), Vec::new(), Vec::new());
        for mut row in traced {
            match row.draft(self, due) {
                Ok(draft) => {
                    drafts.push(draft);
                    asking.push(row);
                }
                Err(why) => applied.push(row.refused(why)),
            }
        }
        let invited = invite_all(tx, self.job.organization, drafts).await?;
        let mails = self.ask_for_mails(tx, &invited).await?;
        let answered = asking.into_iter().zip(&invited);
        applied.extend(answered.map(|(row, invited)| row.invited(invited)));
        Ok(Done {
            rows: applied,
            mails: (mails > 0).then_some((due, mails)),
        })
    }

    /// When the mails of a batch may go out, and how many: now, or on the first day on which the plan has capacity.
    async fn capacity(&self, tx: &mut PgConnection) -> Result<Option<DayCapacity>, Error> {
        let limit = self.inviting.limits.messages_per_day;
        for day in 0..DAYS_AHEAD {
            let due = self.act.time + Duration::days(day);
            let used = quota::in_day(tx, self.job.organization, Hour::of(due)).await?;
            if used < limit {
                let mails = limit - used;
                return Ok(Some(DayCapacity { due, mails }));
            }
        }
        Ok(None)
    }

    /// Asks for the mails of new invitations whose time has come, and tells how many there will be in all.
    async fn ask_for_mails(&self, tx: &mut PgConnection, invited: &[Invited]) -> Result<i64, Error> {
        let mailed = invited.iter().filter_map(Invited::made);
        let mailed = mailed.filter(|new| new.delivery != DeliveryState::Suppressed);
        let queued = mailed.clone().filter(|new| new.delivery == DeliveryState::Queued);
        let asked: Vec<MailRequest> = queued.map(Invitation::mail_request).collect();
        events::mails_requested(
            tx,
            &self.context.clock,
            asked.iter().map(|mail| (&self.act, mail)),
        )
        .await?;
        Ok(i64::try_from(mailed.count()).unwrap_or(i64::MAX))
    }
}
