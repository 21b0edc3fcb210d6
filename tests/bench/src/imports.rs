//! How fast the rows of a spreadsheet become invitations.

use std::fmt::Write;
use std::time::Duration;

use anyhow::{Context, ensure};
use muster_client::acts::import;
use muster_proto::invitation::v1::{Import, ImportState};
use time::OffsetDateTime;

use super::figure::{Figure, median};
use super::fixture::Fixture;
use super::pgbench::Pgbench;
use super::polling::{instant, until};
use super::process::Suspended;

/// Of one spreadsheet.
const ROWS: u32 = 20_000;
/// Each with addresses of its own; the median counts.
const RUNS: usize = 3;
const LIMIT: Duration = Duration::from_secs(180);
const SOON: Duration = Duration::from_millis(50);

/// Applies spreadsheets while no mail goes out, beside PostgreSQL inserting as many rows by one statement.
pub(super) async fn measure(fixture: &Fixture, pgbench: &Pgbench) -> anyhow::Result<Vec<Figure>> {
    let mailer = fixture.workspace.pid_file("notification").living();
    let _stopped = Suspended::new(mailer.context("the notification service does not run")?);
    let (mut previewed, mut applied) = (Vec::with_capacity(RUNS), Vec::with_capacity(RUNS));
    for run in 0..RUNS {
        let (preview, apply) = one(fixture, run).await?;
        previewed.push(preview);
        applied.push(apply);
    }
    let yardstick = ("INSERT … unnest", pgbench.inserted_per_second(ROWS).await?);
    Ok(vec![
        Figure::new("imports.previewed", median(previewed), "rows/s", yardstick),
        Figure::new("imports.applied", median(applied), "rows/s", yardstick),
    ])
}

/// Rows a second that were looked at, and that were applied.
async fn one(fixture: &Fixture, run: usize) -> anyhow::Result<(f64, f64)> {
    let sheet = sheet(run)?;
    let uploading = import::upload(
        &fixture.client,
        &fixture.organization,
        "measured.csv",
        sheet.as_bytes(),
    );
    let name = uploading.await?.name;
    let ready = reached(fixture, &name, ImportState::Ready).await?;
    let looked = fixture.clock.now() - at(ready.create_time)?;
    import::approve(&fixture.client, &name, &ready.etag).await?;
    let done = reached(fixture, &name, ImportState::Applied).await?;
    ensure!(
        done.applied_count == i32::try_from(ROWS)?,
        "{} rows were applied",
        done.applied_count
    );
    let took = at(done.finish_time)? - at(done.decide_time)?;
    let rows = f64::from(ROWS);
    Ok((rows / looked.as_seconds_f64(), rows / took.as_seconds_f64()))
}

fn sheet(run: usize) -> anyhow::Result<String> {
    let mut sheet = "email,groups\n".to_owned();
    for row in 0..ROWS {
        writeln!(sheet, "sheet-{run}-{row}@school.test,Lead Teachers")?;
    }
    Ok(sheet)
}

async fn reached(fixture: &Fixture, name: &str, state: ImportState) -> anyhow::Result<Import> {
    until("waiting for an import", LIMIT, SOON, async || {
        let found = import::get(&fixture.client, name).await?;
        Ok((found.state() == state).then_some(found))
    })
    .await
}

fn at(time: Option<prost_types::Timestamp>) -> anyhow::Result<OffsetDateTime> {
    time.and_then(|at| instant(at.seconds, at.nanos))
        .context("the import has no such time")
}
