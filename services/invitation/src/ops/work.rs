//! The import worker: one import after the other, resumed where a killed one stopped.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::apply;
use super::preview::make;
use crate::domain::import::RawRow;
use crate::error::Error;
use crate::parts::Parts;
use crate::store::import_rows;
use crate::store::import_work::{self, Job, Lease, Task};

/// How long a worker may be silent before another one takes its import.
pub(crate) const LEASE: Duration = Duration::from_secs(30);
/// How long an import waits that could not go on; after a failure that time alone does not mend twice as long each time.
const LATER: Duration = Duration::from_secs(5);
/// How many such failures in a row it takes to give an import up.
const MOST_FAILURES: u32 = 8;
const POLL: Duration = Duration::from_secs(1);
const ROWS_A_PAGE: i64 = 5_000;

/// Works until `shutdown`. Any number of processes may do so.
pub(crate) async fn run(parts: Parts, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        match step(&parts, &shutdown).await {
            Ok(Stepped::Worked) => {}
            Ok(Stepped::Idle) => rest(&parts, &shutdown).await,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "imports wait");
                rest(&parts, &shutdown).await;
            }
        }
    }
}

async fn rest(parts: &Parts, shutdown: &CancellationToken) {
    tokio::select! {
        () = parts.import_waits.notified() => {}
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
pub(crate) async fn step(parts: &Parts, shutdown: &CancellationToken) -> Result<Stepped, Error> {
    let lease = new_lease(parts);
    let now = parts.clock.now();
    let claimed = parts
        .database
        .write_boxed(move |tx| Box::pin(import_work::claim(tx, lease, now)))
        .await?;
    let Some(job) = claimed else {
        return Ok(Stepped::Idle);
    };
    let done = match &job.task {
        Task::Preview => preview_again(parts, &job, lease).await,
        Task::Apply {
            approver,
            traceparent,
        } => apply::apply(parts, &job, lease, *approver, traceparent.as_deref(), shutdown).await,
    };
    if let Err(error) = done {
        postpone(parts, &job, lease, &error).await?;
    }
    Ok(Stepped::Worked)
}

fn new_lease(parts: &Parts) -> Lease {
    Lease {
        token: parts.clock.new_uuid(),
        until: parts.clock.now() + LEASE,
    }
}

/// Leaves the import to a later try, or gives it up; whatever is broken, others need not wait for it.
async fn postpone(parts: &Parts, job: &Job, lease: Lease, error: &Error) -> Result<(), Error> {
    report(job, error);
    let (now, job, reason) = (parts.clock.now(), job.clone(), error.to_string());
    let is_transient = error.is_transient();
    let letting_go = parts.database.write_boxed(move |tx| {
        Box::pin(async move {
            if is_transient {
                return import_work::postpone(tx, &job, lease, now + LATER).await;
            }
            match import_work::count_failure(tx, &job, lease).await? {
                None => Ok(()),
                Some(failures) if failures < MOST_FAILURES => {
                    import_work::postpone(tx, &job, lease, now + pause(failures)).await
                }
                Some(_) => import_work::fail(tx, &job, lease, now, &reason).await,
            }
        })
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

async fn preview_again(parts: &Parts, job: &Job, lease: Lease) -> Result<(), Error> {
    let _reading = parts.uploads.reader().await?;
    let rows = raw_rows(parts, job).await?;
    let context = parts.organization.context(job.organization).await?;
    let preview = make(&parts.database, job.organization, context, rows).await?;
    let job = job.clone();
    let saving = parts.database.write_boxed(move |tx| {
        Box::pin(async move {
            if import_work::hold(tx, &job, lease).await? {
                import_rows::replace(tx, job.organization, job.import, &preview.rows).await?;
                import_work::save_preview(tx, &job, &preview).await?;
            }
            Ok::<_, Error>(())
        })
    });
    saving.await
}

async fn raw_rows(parts: &Parts, job: &Job) -> Result<Vec<RawRow>, Error> {
    let (organization, import) = (job.organization, job.import);
    let mut raw: Vec<RawRow> = Vec::new();
    loop {
        let after = raw.last().map_or(0, |row| row.line);
        let reading = parts.database.read_boxed(move |c| {
            Box::pin(import_rows::page(
                c,
                organization,
                import,
                &[],
                after,
                ROWS_A_PAGE,
            ))
        });
        let page = reading.await?;
        if page.is_empty() {
            return Ok(raw);
        }
        raw.extend(page.into_iter().map(|row| row.raw));
    }
}
