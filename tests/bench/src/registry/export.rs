//! The staff report as a file: rows a second, and what memory it takes at its peak, which is to be the same for ten times the
//! staff.

use std::time::Duration;

use anyhow::{Context, ensure};
use muster_proto::records::v1::staff_report_service_client::StaffReportServiceClient;
use muster_proto::records::v1::{ExportFormat, ExportStaffReportRequest};
use sqlx::PgConnection;

use super::report::counted;
use super::staff::Staffed;
use super::{RUNS, timed};
use crate::database::{Databases, run};
use crate::figure::Figure;
use crate::fixture::{Fixture, answer};
use crate::peak::{self, Peak};

const FORMATS: [(&str, ExportFormat); 4] = [
    ("csv", ExportFormat::Csv),
    ("xlsx", ExportFormat::Xlsx),
    ("pdf", ExportFormat::Pdf),
    ("json", ExportFormat::Json),
];
/// Whose memory is looked at: who makes the file, and whom it goes through.
const PROCESSES: [&str; 2] = ["records", "gateway"];

/// All files of the smaller organization first, before there were larger ones whose room could have been kept.
pub(super) async fn measure(
    fixture: &Fixture,
    databases: &Databases,
    fewer: &Staffed,
    many: &Staffed,
) -> anyhow::Result<Vec<Figure>> {
    let mut db = databases.of("records").await?;
    let mut figures = Vec::new();
    let (small, large) = (
        exports(fixture, &mut db, fewer).await?,
        exports(fixture, &mut db, many).await?,
    );
    for ((name, small), (_, large)) in small.into_iter().zip(large) {
        figures.extend(compared(name, &small, &large));
    }
    Ok(figures)
}

/// What the files of one format came to.
#[derive(Debug, Default)]
struct Exports {
    /// Rows a second of each run, beside those of the yardstick.
    speed: Vec<(f64, f64)>,
    /// The highest of all runs, in MiB, in the order of the processes.
    peaks: [f64; PROCESSES.len()],
}

async fn exports(
    fixture: &Fixture,
    db: &mut PgConnection,
    organization: &Staffed,
) -> anyhow::Result<Vec<(&'static str, Exports)>> {
    let mut all: Vec<(&'static str, ExportFormat, Exports)> = FORMATS
        .into_iter()
        .map(|(name, format)| (name, format, Exports::default()))
        .collect();
    for _ in 0..RUNS {
        let beside = organization.count as f64 / copied(db, organization).await?;
        for (name, format, exports) in &mut all {
            let (speed, peaks) = export(fixture, organization, *format)
                .await
                .with_context(|| format!("while exporting {} employees as {name}", organization.count))?;
            exports.speed.push((speed, beside));
            for (highest, peak) in exports.peaks.iter_mut().zip(peaks) {
                *highest = highest.max(peak);
            }
        }
    }
    Ok(all
        .into_iter()
        .map(|(name, _, exports)| (name, exports))
        .collect())
}

/// Rows a second, and the peaks. The file is thrown away as it comes.
async fn export(
    fixture: &Fixture,
    organization: &Staffed,
    format: ExportFormat,
) -> anyhow::Result<(f64, [f64; PROCESSES.len()])> {
    let peaks = PROCESSES.map(|name| Peak::begin(fixture, name));
    let request = fixture.call(ExportStaffReportRequest {
        parent: organization.name.clone(),
        format: format.into(),
    });
    let mut reports = StaffReportServiceClient::new(fixture.edge.clone());
    let exporting = async {
        let mut file = answer(reports.export_staff_report(request).await)?;
        let mut rows = 0;
        while let Some(piece) = file.message().await? {
            rows = piece.row_count;
        }
        Ok(rows)
    };
    let (micros, rows) = timed(exporting).await?;
    // One more is the owner, who directs it.
    ensure!(
        usize::try_from(rows)?.abs_diff(organization.count) <= 1,
        "{rows} rows were written"
    );
    let mut highest = [0.0; PROCESSES.len()];
    for (highest, peak) in highest.iter_mut().zip(peaks) {
        *highest = peak?.mebibytes()?;
    }
    Ok((rows as f64 / seconds(micros), highest))
}

/// How long PostgreSQL takes to write the same into a file that nobody keeps.
async fn copied(db: &mut PgConnection, organization: &Staffed) -> anyhow::Result<f64> {
    let statement = format!(
        "COPY ({} WHERE e.organization_id = '{}' AND e.state = 'VERIFIED') TO '/dev/null' (FORMAT csv)",
        counted!(),
        organization.id
    );
    let (micros, ()) = timed(run(db, &statement)).await?;
    Ok(seconds(micros))
}

fn seconds(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64()
}

fn compared(name: &str, small: &Exports, large: &Exports) -> Vec<Figure> {
    let beside = "COPY of a query to /dev/null";
    let speed = Figure::of_runs(format!("registry.export.{name}"), "rows/s", beside, &large.speed);
    let peaks = PROCESSES.into_iter().zip(small.peaks.iter().zip(large.peaks));
    let memory = peaks.flat_map(|(process, (small, large))| {
        let name = format!("registry.export.{name}.memory.{process}");
        peak::compared(name, large, ("for 1,000 employees", *small))
    });
    std::iter::once(speed).chain(memory).collect()
}
