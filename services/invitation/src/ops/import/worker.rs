//! The import worker: one import after the other, resumed where a killed one stopped.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::apply;
use super::preview::make;
use crate::context::Context;
use crate::domain::import::RawRow;
use crate::error::Error;
use crate::store::import::claim::{self, Job, Lease, Task};
use crate::store::import::rows;

/// How long a worker may be silent before another one takes its import.
pub(crate) const LEASE: Duration = Duration::from_secs(30);
/// How long an import waits that could not go on; after a failure that time alone does not mend twice as long each time.
const LATER: Duration = Duration::from_secs(5);
/// How many such failures in a row it takes to give an import up.
const MAX_FAILURES: u32 = 8;
const POLL: Duration = Duration::from_secs(1);
const ROWS_A_PAGE: i64 = 5_000;

/// Works until `shutdown`. Any number of processes may do so.
pub(crate) async fn run(context: Context, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        match step(&context, &shutdown).await {
            Ok(Stepped::Worked) => {}
            Ok(Stepped::Idle) => rest(&context, &shutdown).await,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "imports wait");
                rest(&context, &shutdown).await;
            }
        }
    }
}

async fn rest(context: &Context, shutdown: &CancellationToken) {
    tokio::select! {
        () = context.import_waits.notified() => {}
        () = tokio::time::sleep(POLL) => {}
        () = shutdown.cancelled() => {}
    }
}

/// Whether there was anything to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stepped {
    Worked,
    Idle,
}

/// Takes one import and works on it until it is done, or cannot go on, or it is time to stop.
pub(crate) async fn step(context: &Context, shutdown: &CancellationToken) -> Result<Stepped, Error> {
    let lease = new_lease(context);
    let now = context.clock.now();
    let claimed = context
        .database
        .write(async |tx| claim::claim(tx, lease, now).await)
        .await?;
    let Some(job) = claimed else {
        return Ok(Stepped::Idle);
    };
    let done = match &job.task {
        Task::Preview => preview_again(context, &job, lease).await,
        Task::Apply {
            approver,
            traceparent,
        } => apply::apply(context, &job, lease, *approver, traceparent.as_deref(), shutdown).await,
    };
    if let Err(error) = done {
        postpone(context, &job, lease, &error).await?;
    }
    Ok(Stepped::Worked)
}

fn new_lease(context: &Context) -> Lease {
    Lease {
        token: context.clock.new_uuid(),
        until: context.clock.now() + LEASE,
    }
}

/// Leaves the import to a later try, or gives it up; whatever is broken, others need not wait for it.
async fn postpone(context: &Context, job: &Job, lease: Lease, error: &Error) -> Result<(), Error> {
    report(job, error);
    let now = context.clock.now();
    let letting_go = context.database.write(async |tx| {
        if error.is_transient() {
            return claim::postpone(tx, job, lease, now + LATER).await;
        }
        match claim::count_failure(tx, job, lease).await? {
            None => Ok(()),
            Some(failures) if failures < MAX_FAILURES => {
                claim::postpone(tx, job, lease, now + pause(failures)).await
            }
            Some(_) => claim::fail(tx, job, lease, now, &error.to_string()).await,
        }
    });
    Ok(letting_go.await?)
}

fn report(job: &Job, error: &Error) {
    let cause = error as &dyn std::error::Error;
    if error.is_transient() {
        tracing::warn!(import = %job.import, error = cause, "an import waits");
    } else {
        tracing::error!(import = %job.import, error = cause, "an import cannot go on");
    }
}

/// How long to wait after so many failures in a row.
fn pause(failures: u32) -> Duration {
    LATER * 2_u32.saturating_pow(failures.saturating_sub(1))
}

async fn preview_again(context: &Context, job: &Job, lease: Lease) -> Result<(), Error> {
    let _reading = context.uploads.reader(job.organization).await?;
    let rows = raw_rows(context, job).await?;
    let inviting = context.organization.context(job.organization).await?;
    let preview = make(&context.database, job.organization, inviting, rows).await?;
    let saving = context.database.write(async |tx| {
        if claim::hold(tx, job, lease).await? {
            rows::replace(tx, job.organization, job.import, &preview.rows).await?;
            claim::save_preview(tx, job, &preview).await?;
        }
        Ok::<_, Error>(())
    });
    saving.await
}

async fn raw_rows(context: &Context, job: &Job) -> Result<Vec<RawRow>, Error> {
    let (organization, import) = (job.organization, job.import);
    let mut raw: Vec<RawRow> = Vec::new();
    loop {
        let after = raw.last().map_or(0, |row| row.line);
        let reading = context
            .database
            .read(async |c| rows::page(c, organization, import, &[], after, ROWS_A_PAGE).await);
        let page = reading.await?;
        if page.is_empty() {
            return Ok(raw);
        }
        raw.extend(page.into_iter().map(|row| row.raw));
    }
}
