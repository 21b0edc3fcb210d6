//! How fast the rows of a spreadsheet become invitations.

use std::fmt::Write;
use std::time::Duration;

use anyhow::{Context, ensure};
use muster_client::acts::import;
use muster_proto::invitation::v1::{Import, ImportState};
use time::OffsetDateTime;

use super::figure::{Figure, median};
use super::fixture::Fixture;
use super::pairs::{RUNS, timed};
use super::pgbench::Pgbench;
use super::polling::{instant, until};
use super::process::Suspended;

/// Of one spreadsheet.
const ROWS: u32 = 20_000;
const LIMIT: Duration = Duration::from_secs(600);
const SOON: Duration = Duration::from_millis(50);

/// Applies spreadsheets while no mail goes out, beside PostgreSQL inserting as many rows by one statement.
pub(super) async fn measure(fixture: &Fixture, pgbench: &Pgbench) -> anyhow::Result<Vec<Figure>> {
    let _stopped = Suspended::service(&fixture.workspace, "notification")?;
    let (mut previewed, mut applied) = (Vec::with_capacity(RUNS), Vec::with_capacity(RUNS));
    for run in 0..RUNS {
        let sheet = Spreadsheet::csv(&format!("sheet-{run}"), ROWS)?;
        let (preview, ready) = sheet.preview(fixture).await?;
        previewed.push(preview);
        applied.push(sheet.apply(fixture, &ready).await?);
    }
    let yardstick = ("INSERT … unnest", pgbench.inserted_per_second(ROWS).await?);
    Ok(vec![
        Figure::new("imports.previewed", median(previewed), "rows/s", yardstick),
        Figure::new("imports.applied", median(applied), "rows/s", yardstick),
    ])
}

/// Addresses that nobody has invited, all to one group.
#[derive(Debug)]
pub(super) struct Spreadsheet {
    pub(super) file_name: &'static str,
    pub(super) file: Vec<u8>,
    pub(super) rows: u32,
}

/// The addresses of a spreadsheet of this name.
pub(super) fn addresses(name: &str, rows: u32) -> impl Iterator<Item = String> {
    (0..rows).map(move |row| format!("{name}-{row}@school.test"))
}

impl Spreadsheet {
    /// What stands in its first row, and the group in each of the others.
    pub(super) const HEADER: [&str; 2] = ["email", "groups"];
    pub(super) const GROUP: &str = "Lead Teachers";

    /// As text.
    pub(super) fn csv(name: &str, rows: u32) -> anyhow::Result<Self> {
        let mut file = Self::HEADER.join(",") + "\n";
        for address in addresses(name, rows) {
            writeln!(file, "{address},{}", Self::GROUP)?;
        }
        Ok(Self {
            file_name: "measured.csv",
            file: file.into_bytes(),
            rows,
        })
    }

    /// Uploads it. Rows a second from then on until it is previewed, and the import.
    pub(super) async fn preview(&self, fixture: &Fixture) -> anyhow::Result<(f64, Import)> {
        let previewing = async {
            let uploading =
                import::upload(&fixture.client, &fixture.organization, self.file_name, &self.file);
            reached(fixture, &uploading.await?.name, ImportState::Ready).await
        };
        let (micros, ready) = timed(previewing).await?;
        ensure!(
            ready.valid_count == i32::try_from(self.rows)?,
            "{} rows of {} are valid",
            ready.valid_count,
            self.rows
        );
        Ok((
            self.per_second(Duration::from_micros(micros).as_secs_f64()),
            ready,
        ))
    }

    /// Approves it. Rows a second from then on until the last has become an invitation, as the service says.
    pub(super) async fn apply(&self, fixture: &Fixture, ready: &Import) -> anyhow::Result<f64> {
        import::approve(&fixture.client, &ready.name, &ready.etag).await?;
        let done = reached(fixture, &ready.name, ImportState::Applied).await?;
        ensure!(
            done.applied_count == i32::try_from(self.rows)?,
            "{} rows of {} were applied",
            done.applied_count,
            self.rows
        );
        let took = at(done.finish_time)? - at(done.decide_time)?;
        Ok(self.per_second(took.as_seconds_f64()))
    }

    fn per_second(&self, seconds: f64) -> f64 {
        f64::from(self.rows) / seconds
    }
}

async fn reached(fixture: &Fixture, name: &str, state: ImportState) -> anyhow::Result<Import> {
    until("waiting for an import", LIMIT, SOON, async || {
        let found = import::get(&fixture.client, name).await?;
        let is_over = matches!(
            found.state(),
            ImportState::AppliedWithErrors | ImportState::Failed | ImportState::Expired
        );
        ensure!(
            !is_over || found.state() == state,
            "{name} is {:?}",
            found.state()
        );
        Ok((found.state() == state).then_some(found))
    })
    .await
}

fn at(time: Option<prost_types::Timestamp>) -> anyhow::Result<OffsetDateTime> {
    time.and_then(|at| instant(at.seconds, at.nanos))
        .context("the import has no such time")
}
