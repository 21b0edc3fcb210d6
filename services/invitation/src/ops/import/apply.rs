//! Applying an approved import: batch after batch, each row in a trace of its own.
//!
//! A batch is one transaction: invitations, events, results of the rows and counts. A worker that dies in the middle
//! leaves either all or nothing of a batch, and whoever comes next goes on with the rows that are still VALID.

mod row;

use std::collections::{HashMap, HashSet};

use muster_jobs::Lease;
use muster_server::Failure;
use sqlx::PgConnection;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::domain::import::{Approval, Outcome, Row};
use crate::domain::invitation::draft::Draft;
use crate::domain::invitation::{DeliveryState, Invitation, MailRequest, TOO_LATE};
use crate::domain::inviting::{InvitingContext, OrganizationStatus};
use crate::domain::mailbox::DAY;
use crate::error::Error;
use crate::events::{self, Act};
use crate::ops::invitation::invite::{Invited, invite_beside};
use crate::ops::invitation::mailbox::{self, Mailboxes};
use crate::store::closing;
use crate::store::import::claim::{self, Job};
use crate::store::import::results::{self, Applied};
use crate::store::import::rows;
use crate::store::invitation::occupied_among;
use crate::store::quota::{self, Hour, Slot};
use row::{Traced, Why};

/// A batch is one transaction, for which a call by hand may have to wait: some tens of milliseconds.
const ROWS_A_BATCH: i64 = 500;
/// How many rows of an import a worker does before it looks whether another import waits: a large one keeps no small one
/// waiting.
const ROWS_A_TURN: usize = 1_000;
/// How often the organization is asked again whether it is still active and which groups are.
const CONTEXT_LIFE: std::time::Duration = std::time::Duration::from_secs(3);
/// Mails beyond the plan's limit of a day go out on one of the following days, as far as a mail may be scheduled.
const DAYS_AHEAD: u32 = 90;

/// Whether there may be more rows.
enum Batch {
    /// After so many.
    More(usize),
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
    approval: &Approval,
    shutdown: &CancellationToken,
) -> Result<(), Error> {
    let mut inviting = may_go_on(context, job).await?;
    let mut asked = tokio::time::Instant::now();
    let (mut rows_a_batch, mut done) = (ROWS_A_BATCH, 0);
    while !shutdown.is_cancelled() {
        if done >= ROWS_A_TURN {
            let now = context.clock.now();
            let looking = async |c: &mut _| claim::is_another_waiting(c, job, now).await;
            if context.database.read(looking).await? {
                break;
            }
            done = 0;
        }
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
                actor: format!("person:{}", approval.approver),
                time: context.clock.now(),
            },
            approval,
        };
        let batch = context
            .database
            .write(async |tx| work.batch(tx, rows_a_batch).await);
        match batch.await {
            Ok(Batch::More(rows)) => done += rows,
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
    approval: &'a Approval,
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
    /// When the mails that were asked for are due.
    mails: Vec<OffsetDateTime>,
}

/// No row got anything.
fn refused(rows: Vec<Traced>, why: &Why) -> Done {
    Done {
        rows: rows.into_iter().map(|row| row.refused(why)).collect(),
        mails: Vec::new(),
    }
}

impl Work<'_> {
    async fn batch(&self, tx: &mut PgConnection, most: i64) -> Result<Batch, Error> {
        // Before a row is locked. By now it may be closed, whatever it said when it was asked.
        let is_active = self.inviting.status == OrganizationStatus::Active
            && !closing::is_closed(tx, self.job.organization).await?;
        let Some(done_line) = claim::hold(tx, self.job, self.lease).await? else {
            return Ok(Batch::Lost);
        };
        let (organization, import) = (self.job.organization, self.job.import);
        let capacity = self.capacity(tx, self.first_due()).await?;
        let most = capacity.map_or(most, |capacity| most.min(capacity.mails));
        let rows = rows::to_apply(tx, organization, import, done_line, most).await?;
        let count = rows.len();
        self.store(tx, rows, capacity, is_active).await?;
        // As many as were asked for: there may be more.
        if i64::try_from(count).is_ok_and(|count| count < most) {
            claim::finish(tx, self.job, self.act.time).await?;
            return Ok(Batch::Finished);
        }
        Ok(Batch::More(count))
    }

    /// Does these rows, and writes down what became of each.
    async fn store(
        &self,
        tx: &mut PgConnection,
        rows: Vec<Row>,
        capacity: Option<DayCapacity>,
        is_active: bool,
    ) -> Result<(), Error> {
        let (organization, import) = (self.job.organization, self.job.import);
        if rows.is_empty() {
            return Ok(());
        }
        let Done { rows, mails } = self.rows(tx, rows, capacity, is_active).await?;
        let followers = results::save(tx, organization, import, &rows).await?;
        let number = |outcome: Outcome| {
            i32::try_from(rows.iter().filter(|row| row.outcome == outcome).count()).unwrap_or(i32::MAX)
        };
        let refused = number(Outcome::Refused).saturating_add(followers);
        let done_line = rows.iter().map(|row| row.line).max().unwrap_or_default();
        claim::count(tx, self.job, done_line, number(Outcome::Applied), refused).await?;
        // The last thing: the rows it counts in are those of all who invite for the organization.
        let slot = Slot::spread(import.as_uuid());
        for (hour, mails) in quota::by_hour(mails) {
            quota::add(tx, organization, hour, mails, slot).await?;
        }
        Ok(())
    }

    /// In the order of the addresses: two transactions never wait for each other in a circle.
    async fn rows(
        &self,
        tx: &mut PgConnection,
        rows: Vec<Row>,
        capacity: Option<DayCapacity>,
        is_active: bool,
    ) -> Result<Done, Error> {
        let begin = |row| Traced::begin(row, self.approval.traceparent.as_deref());
        let mut traced: Vec<Traced> = rows.into_iter().map(begin).collect();
        traced.sort_by(|left, right| left.canonical().cmp(right.canonical()));
        if !is_active {
            return Ok(refused(traced, &row::NOT_ACTIVE));
        }
        let Some(DayCapacity { due, .. }) = capacity else {
            return Ok(refused(traced, &row::DAYS_USED_UP));
        };
        let (mut applied, mut drafts) = (Vec::new(), Vec::new());
        for mut row in traced {
            match row.draft(self, due) {
                Ok(draft) => drafts.push((row, draft)),
                Err(why) => applied.push(row.refused(&why)),
            }
        }
        let addresses: Vec<&str> = drafts
            .iter()
            .map(|(_, draft)| draft.address.canonical())
            .collect();
        let occupied = occupied_among(tx, self.job.organization, &addresses).await?;
        let (drafts, late) = self.in_turn(tx, drafts, &occupied).await?;
        if !late.is_empty() {
            let why = Why::mailbox_full(self.context.limits.mails_to_mailbox);
            applied.extend(late.into_iter().map(|row| row.refused(&why)));
        }
        let (asking, drafts): (Vec<Traced>, Vec<Draft>) = drafts.into_iter().unzip();
        let drafts = drafts.into_iter().map(Draft::invitation).collect();
        let invited = invite_beside(tx, drafts, &occupied).await?;
        let mails = self.ask_for_mails(tx, &invited).await?;
        let answered = asking.into_iter().zip(&invited);
        applied.extend(answered.map(|(row, invited)| row.invited(invited)));
        Ok(Done { rows: applied, mails })
    }

    /// The drafts, of which those wait for another day whose mailboxes have as many mails as they may; and the rows for which there
    /// is no such day.
    async fn in_turn(
        &self,
        tx: &mut PgConnection,
        drafts: Vec<(Traced, Draft)>,
        occupied: &HashSet<String>,
    ) -> Result<(Vec<(Traced, Draft)>, Vec<Traced>), Error> {
        let addresses = drafts.iter().map(|(_, draft)| &draft.address);
        let mut mailboxes =
            Mailboxes::look(tx, self.context, self.job.organization, addresses, self.act.time).await?;
        let (mut in_turn, mut late) = (Vec::with_capacity(drafts.len()), Vec::new());
        // How many more mails each of the other days was given.
        let mut given: HashMap<OffsetDateTime, i64> = HashMap::new();
        for (row, mut draft) in drafts {
            // Who is invited already gets no further mail.
            if occupied.contains(draft.address.canonical())
                || mailboxes.add(&draft.address, draft.due).is_ok()
            {
                in_turn.push((row, draft));
                continue;
            }
            match self.another_day(tx, &mailboxes, &draft, &mut given).await? {
                Some(due) => {
                    draft.due = due;
                    mailboxes.add(&draft.address, due).map_err(Error::from)?;
                    in_turn.push((row, draft));
                }
                None => late.push(row),
            }
        }
        Ok((in_turn, late))
    }

    /// The first time at which the mailbox may have a mail and the plan lets one go out.
    async fn another_day(
        &self,
        tx: &mut PgConnection,
        mailboxes: &Mailboxes,
        draft: &Draft,
        given: &mut HashMap<OffsetDateTime, i64>,
    ) -> Result<Option<OffsetDateTime>, Error> {
        let mut wanted = draft.due;
        loop {
            wanted = mailboxes.next(&draft.address, wanted);
            let Some(DayCapacity { due, mails }) = self.capacity(tx, wanted).await? else {
                return Ok(None);
            };
            let given = given.entry(due).or_default();
            if due == wanted && *given < mails {
                *given += 1;
                return Ok(Some(due));
            }
            wanted = if due == wanted { due + DAY } else { due };
        }
    }

    /// When the first mails are due: now, or at the time that was chosen. What is applied so much later that it would be too late for
    /// its mails has them due then, and held back when their turn comes.
    fn first_due(&self) -> OffsetDateTime {
        let now = self.act.time;
        match self.approval.send_time {
            Some(chosen) if now > chosen + TOO_LATE => chosen,
            Some(chosen) => chosen.max(now),
            None => now,
        }
    }

    /// When mails may go out that are wanted at this time, and how many: then, or on the first day after it on which the plan has
    /// capacity.
    async fn capacity(
        &self,
        tx: &mut PgConnection,
        wanted: OffsetDateTime,
    ) -> Result<Option<DayCapacity>, Error> {
        let limit = self.inviting.limits.messages_per_day;
        for day in 0..DAYS_AHEAD {
            let due = wanted + DAY * day;
            if due >= self.first_due() + DAY * DAYS_AHEAD {
                break;
            }
            let used = quota::in_day(tx, self.job.organization, Hour::of(due)).await?;
            if used < limit {
                let mails = limit - used;
                return Ok(Some(DayCapacity { due, mails }));
            }
        }
        Ok(None)
    }

    /// Asks for the mails of new invitations whose time has come, and tells when those of all are due.
    async fn ask_for_mails(
        &self,
        tx: &mut PgConnection,
        invited: &[Invited],
    ) -> Result<Vec<OffsetDateTime>, Error> {
        let mailed = invited.iter().filter_map(Invited::made);
        let mailed = mailed.filter(|new| new.delivery != DeliveryState::Suppressed);
        let mailed: Vec<&Invitation> = mailed.collect();
        if !mailbox::full(tx, self.context, self.job.organization, &mailed)
            .await?
            .is_empty()
        {
            // Others have had mails sent to the same mailboxes since the look: the next one sees them.
            return Err(Failure::Contended.into());
        }
        let queued = mailed.iter().filter(|new| new.delivery == DeliveryState::Queued);
        let asked: Vec<MailRequest> = queued.map(|new| new.mail_request()).collect();
        events::mails_requested(
            tx,
            &self.context.clock,
            asked.iter().map(|mail| (&self.act, mail)),
        )
        .await?;
        Ok(mailed.into_iter().map(|new| new.send_time).collect())
    }
}
