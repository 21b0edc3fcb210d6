//! How soon the first page of the staff report is there, beside a bare query that counts the same.

use anyhow::ensure;
use muster_proto::records::v1::ReadStaffReportRequest;
use muster_proto::records::v1::staff_report_service_client::StaffReportServiceClient;
use sqlx::PgConnection;
use tonic::transport::Channel;

use super::staff::Staffed;
use super::{Pair, RUNS, timed};
use crate::database::Databases;
use crate::figure::Figure;
use crate::fixture::{Fixture, answer};

/// Of each size in a run.
const CALLS: usize = 10;
/// What the first page may take, in milliseconds.
const ALLOWED: f64 = 2_000.0;

/// What is reported of one person, counted: `e` is their employment.
macro_rules! counted {
    () => {
        "SELECT e.person_id, own.assigned, own.begun, own.completed, own.latest, held.certificates, held.newest, held.expiring,
                worth.hours
         FROM employment_projection AS e,
              LATERAL (SELECT count(*) FILTER (WHERE a.state = 'ASSIGNED') AS assigned,
                              count(*) FILTER (WHERE a.state = 'IN_PROGRESS') AS begun,
                              count(*) FILTER (WHERE a.state = 'COMPLETED') AS completed, max(a.complete_time) AS latest
                       FROM assignments AS a
                       WHERE a.organization_id = e.organization_id AND a.person_id = e.person_id) AS own,
              LATERAL (SELECT count(*) AS certificates,
                              count(*) FILTER (WHERE c.expire_time BETWEEN now() AND now() + interval '90 days') AS expiring,
                              string_agg(c.training_display_name || ' (' || c.issue_time::date || ')', '; '
                                         ORDER BY c.certificate_id DESC) AS newest
                       FROM certificates AS c WHERE c.person_id = e.person_id) AS held,
              LATERAL (SELECT string_agg(year || ': ' || minutes / 60, '; ') AS hours
                       FROM (SELECT extract(year FROM c.issue_time)::integer AS year, sum(c.duration_minutes) AS minutes
                             FROM certificates AS c WHERE c.person_id = e.person_id GROUP BY 1 ORDER BY 1 DESC)
                           AS years) AS worth"
    };
}
pub(super) use counted;

const PAGE: &str = concat!(
    counted!(),
    " WHERE e.organization_id = $1 AND e.state = 'VERIFIED' ORDER BY e.person_id LIMIT $2"
);

/// Pages of a hundred, as who asks for no size gets, and the largest ones: of a thousand, or as many as there is room for.
pub(super) async fn measure(
    fixture: &Fixture,
    databases: &Databases,
    organization: &Staffed,
) -> anyhow::Result<Vec<Figure>> {
    let mut reader = Reader {
        fixture,
        organization,
        reports: StaffReportServiceClient::new(fixture.edge.clone()),
        db: databases.of("records").await?,
    };
    let (mut figures, mut slowest) = (Vec::new(), Vec::new());
    for (name, size) in [("page", 0), ("largest_page", 1_000)] {
        let mut runs = Vec::with_capacity(RUNS);
        for _ in 0..RUNS {
            let mut times = Pair::default();
            for _ in 0..CALLS {
                let (micros, count) = reader.read(size).await?;
                times.ours.push(micros);
                times.beside.push(reader.query(count).await?);
            }
            runs.push(times.latencies());
        }
        let name = format!("registry.report.{name}.p50");
        let times = Pair::percentile(&runs, 0.5);
        figures.push(Figure::of_runs(name, "ms", "the bare query", &times));
        slowest = runs.iter().map(|(ours, _)| (ours.max(), ALLOWED)).collect();
    }
    let name = "registry.report.largest_page.slowest";
    figures.push(Figure::of_runs(name, "ms", "allowed", &slowest));
    Ok(figures)
}

struct Reader<'a> {
    fixture: &'a Fixture,
    organization: &'a Staffed,
    reports: StaffReportServiceClient<Channel>,
    db: PgConnection,
}

impl Reader<'_> {
    /// How long it took, and how many were on it.
    async fn read(&mut self, size: i32) -> anyhow::Result<(u64, i64)> {
        let request = self.fixture.call(ReadStaffReportRequest {
            parent: self.organization.name.clone(),
            page_size: size,
            page_token: String::new(),
        });
        let reading = async { answer(self.reports.read_staff_report(request).await) };
        let (micros, page) = timed(reading).await?;
        let count = i64::try_from(page.entries.len())?;
        ensure!(count >= 100, "a page of {count} employees");
        Ok((micros, count))
    }

    /// As many.
    async fn query(&mut self, count: i64) -> anyhow::Result<u64> {
        let query = sqlx::query(PAGE).bind(self.organization.id).bind(count);
        let (micros, rows) = timed(async { Ok(query.fetch_all(&mut self.db).await?) }).await?;
        ensure!(rows.len() as i64 == count, "the query found {} rows", rows.len());
        Ok(micros)
    }
}
