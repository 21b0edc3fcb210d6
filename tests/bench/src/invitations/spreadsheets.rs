//! Spreadsheets of many rows: previewed, as a workbook and as a text, and applied; and what memory that takes, which is to be
//! the same for a hundredth of the rows.

use std::fmt::Write;
use std::io::Cursor;
use std::time::Duration;

use anyhow::{Context, ensure};
use calamine::{Reader, Xlsx};
use muster_client::acts::import;
use muster_ids::{GroupId, ImportId, OrganizationId};
use muster_proto::invitation::v1::Import;
use rust_xlsxwriter::Workbook;
use sqlx::PgConnection;
use tokio::task::spawn_blocking;

use super::Measured;
use crate::database::copy;
use crate::figure::Figure;
use crate::fixture::{Fixture, id_in};
use crate::imports::{Spreadsheet, addresses};
use crate::pairs::{RUNS, timed};
use crate::peak::{self, Peak};
use crate::process::Suspended;

/// Whose memory is looked at: who reads the file, and whom it goes through.
const PROCESSES: [&str; 2] = ["invitation", "gateway"];
/// How many times fewer rows the smaller ones have.
const FEWER: u32 = 100;

/// An import like one that there is: `COPY` names it in its rows.
const ANOTHER: &str = "INSERT INTO imports
    SELECT (jsonb_populate_record(i, jsonb_build_object('import_id', $3::uuid))).*
    FROM imports i WHERE i.organization_id = $1 AND i.import_id = $2";
const COPY: &str =
    "COPY import_rows (organization_id, import_id, line, address_given, address_canonical, groups_given,
        location_given, state, problems, group_ids) FROM STDIN";
/// What was copied is nobody's.
const FORGET: [&str; 2] = [
    "DELETE FROM import_rows WHERE organization_id = $1 AND import_id = $2",
    "DELETE FROM imports WHERE organization_id = $1 AND import_id = $2",
];

/// All of the smaller ones first, before there were larger ones whose room could have been kept.
pub(super) async fn measure(measured: &Measured<'_>) -> anyhow::Result<Vec<Figure>> {
    let _stopped = Suspended::service(&measured.fixture.workspace, "notification")?;
    let small = one(measured, "fewer", (measured.rows / FEWER).max(1)).await?;
    let mut runs = Vec::with_capacity(RUNS);
    for run in 0..RUNS {
        eprintln!("  spreadsheets {} of {RUNS} …", run + 1);
        runs.push(one(measured, &format!("many-{run}"), measured.rows).await?);
    }
    let speed = |name, beside, figures: fn(&Run) -> (f64, f64)| {
        let runs: Vec<_> = runs.iter().map(figures).collect();
        Figure::of_runs(name, "rows/s", beside, &runs)
    };
    let mut figures = vec![
        speed("invitations.preview.xlsx", "calamine alone", |run| run.workbook),
        speed("invitations.preview.csv", "COPY into the same table", |run| {
            run.text
        }),
        speed("invitations.apply", "INSERT … unnest", |run| run.applied),
    ];
    for (place, process) in PROCESSES.into_iter().enumerate() {
        let peak = |run: &Run| run.peaks.get(place).copied().unwrap_or_default();
        let large = runs.iter().map(peak).fold(0.0, f64::max);
        let beside = ("for a hundredth of the rows", peak(&small));
        let name = format!("invitations.import.memory.{process}");
        figures.extend(peak::compared(name, large, beside));
    }
    Ok(figures)
}

/// Rows a second beside those of the yardstick, and the peaks in MiB, in the order of the processes.
#[derive(Debug)]
struct Run {
    workbook: (f64, f64),
    text: (f64, f64),
    applied: (f64, f64),
    peaks: Vec<f64>,
}

/// A workbook and a text of as many rows. The workbook is not approved: applying does not know what a row was read from.
async fn one(measured: &Measured<'_>, name: &str, rows: u32) -> anyhow::Result<Run> {
    let fixture = &**measured.fixture;
    let text = Spreadsheet::csv(name, rows)?;
    let workbook = workbook(name, rows)?;
    let read = per_second(rows, read_alone(&workbook).await?);
    let inserted = measured.pgbench.inserted_per_second(rows).await?;
    let begun: Vec<_> = PROCESSES.iter().map(|name| Peak::begin(fixture, name)).collect();

    let (workbook, unwanted) = workbook
        .preview(fixture)
        .await
        .with_context(|| format!("while a workbook of {rows} rows was previewed"))?;
    import::disapprove(&fixture.client, &unwanted.name).await?;
    let (previewed, ready) = text
        .preview(fixture)
        .await
        .with_context(|| format!("while a text of {rows} rows was previewed"))?;
    let applied = text
        .apply(fixture, &ready)
        .await
        .with_context(|| format!("while a text of {rows} rows was applied"))?;

    let peaks = begun.into_iter().map(|peak| peak?.mebibytes());
    let peaks = peaks.collect::<anyhow::Result<_>>()?;
    let mut db = measured.databases.of("invitation").await?;
    let copied = per_second(rows, copied(fixture, &mut db, &ready, name, rows).await?);
    Ok(Run {
        workbook: (workbook, read),
        text: (previewed, copied),
        applied: (applied, inserted),
        peaks,
    })
}

fn per_second(rows: u32, micros: u64) -> f64 {
    f64::from(rows) / Duration::from_micros(micros).as_secs_f64()
}

/// As Excel writes them, more or less: texts are shared.
fn workbook(name: &str, rows: u32) -> anyhow::Result<Spreadsheet> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_row(0, 0, Spreadsheet::HEADER)?;
    for (row, address) in (1..).zip(addresses(&format!("{name}-sheet"), rows)) {
        sheet.write_row(row, 0, [address.as_str(), Spreadsheet::GROUP])?;
    }
    Ok(Spreadsheet {
        file_name: "measured.xlsx",
        file: workbook.save_to_buffer()?,
        rows,
    })
}

/// How long calamine takes to read the workbook and look at every cell, in microseconds.
async fn read_alone(workbook: &Spreadsheet) -> anyhow::Result<u64> {
    let (file, rows) = (workbook.file.clone(), workbook.rows);
    let (micros, cells) = timed(async {
        spawn_blocking(move || {
            let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(file))?;
            let sheet = workbook.worksheet_range_at(0).context("there is no sheet")??;
            anyhow::Ok(sheet.used_cells().count())
        })
        .await?
    })
    .await?;
    let wanted = (usize::try_from(rows)? + 1) * Spreadsheet::HEADER.len();
    ensure!(cells == wanted, "calamine found {cells} cells of {wanted}");
    Ok(micros)
}

/// How long PostgreSQL takes to copy the rows of a text into the table of a preview, in microseconds.
async fn copied(
    fixture: &Fixture,
    db: &mut PgConnection,
    ready: &Import,
    name: &str,
    rows: u32,
) -> anyhow::Result<u64> {
    let organization: OrganizationId = id_in(&fixture.organization)?;
    let (like, import): (ImportId, ImportId) = (id_in(&ready.name)?, fixture.clock.new_id());
    let another = sqlx::query(ANOTHER).bind(organization).bind(like);
    another.bind(import).execute(&mut *db).await?;
    let group: GroupId = id_in(&fixture.group)?;
    let mut lines = String::new();
    for (line, address) in (2..).zip(addresses(name, rows)) {
        let line: u32 = line;
        writeln!(
            lines,
            "{organization}\t{import}\t{line}\t{address}\t{address}\t{{{}}}\t\tVALID\t[]\t{{{group}}}",
            Spreadsheet::GROUP
        )?;
    }
    let micros = copy(db, COPY, &lines).await?;
    for statement in FORGET {
        let forgetting = sqlx::query(statement).bind(organization).bind(import);
        forgetting.execute(&mut *db).await?;
    }
    Ok(micros)
}
