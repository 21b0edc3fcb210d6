//! An organization whose learners have more and more to take, and have taken: their progress as a list and counted, and one more
//! assignment.

use std::sync::Arc;

use anyhow::{Context, ensure};
use muster_client::acts::catalog;
use muster_ids::{PersonId, TrainingId};
use muster_proto::records::v1::assignment_service_client::AssignmentServiceClient;
use muster_proto::records::v1::progress_report_service_client::ProgressReportServiceClient;
use muster_proto::records::v1::{AssignTrainingRequest, ListProgressRequest, SummarizeProgressRequest};
use sqlx::PgConnection;
use tonic::transport::Channel;

use super::costs::{Cost, NEEDED, called, commit, medians};
use super::{Grown, LEAST, PAGE};
use crate::fixture::{Fixture, answer};
use crate::invitations::Measured;
use crate::paging::{Paged, Pages, Start, rows_of};
use crate::pairs::{Pair, RUNS, timed};
use crate::registry::staff::{ASSIGNMENTS_EACH, Staffed, course, trainings};

/// How often it is counted in a run.
const COUNTS: usize = 10;
/// Courses that are assigned by hand: enough for the fewest learners. Their numbers go on behind those of the others.
const BY_HAND: usize = NEEDED.div_ceil(LEAST as usize / ASSIGNMENTS_EACH);
const NUMBERS: usize = 100;
const MINUTES: i32 = 45;

/// What is listed of one assignment, and counted.
macro_rules! bare {
    ($columns:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM assignments AS a
                 JOIN employment_projection AS e ON e.organization_id = a.organization_id AND e.person_id = a.person_id
                 JOIN trainings AS t ON t.training_id = a.training_id
             WHERE a.organization_id = $1 AND e.state = 'VERIFIED' AND a.state <> 'CANCELLED' ",
            $rest
        )
    };
}
const LIST: &str = bare!(
    "a.person_id, a.assignment_id, t.display_name, a.state, a.progress_percent, a.certificate_id, a.version, a.assign_time,
     a.start_time, a.complete_time, a.group_ids, e.group_ids, e.location_id",
    "AND a.assignment_id < $2 ORDER BY a.assignment_id DESC LIMIT $3"
);
const COUNT: &str = bare!("a.state, count(*)", "GROUP BY a.state");

pub(super) struct Assignments<'a> {
    measured: &'a Measured<'a>,
    organization: Staffed,
    trainings: Vec<TrainingId>,
    /// `trainings/{training}`, of the catalog of the organization.
    by_hand: Vec<String>,
}

impl<'a> Assignments<'a> {
    pub(super) async fn open(measured: &'a Measured<'a>) -> anyhow::Result<Self> {
        let fixture = measured.fixture;
        let organization = Staffed::empty(fixture, "Training").await?;
        let mut by_hand = Vec::with_capacity(BY_HAND);
        for number in NUMBERS..NUMBERS + BY_HAND {
            let name = course(fixture, number, &format!("Further Course {number}"), MINUTES).await?;
            catalog::add_training(&fixture.client, &organization.name, &name).await?;
            by_hand.push(name);
        }
        Ok(Self {
            measured,
            organization,
            trainings: trainings(fixture).await?,
            by_hand,
        })
    }

    /// Has at least so many, and tells who is new.
    async fn grow(&mut self, rows: u32) -> anyhow::Result<Vec<PersonId>> {
        let (fixture, databases) = (self.measured.fixture, &self.measured.databases);
        let count = usize::try_from(rows)?.div_ceil(ASSIGNMENTS_EACH);
        let staff = self.organization.hire(fixture, databases, count).await?;
        let recording = self
            .organization
            .record(fixture, databases, &staff, &self.trainings);
        recording.await?;
        Ok(staff.persons)
    }

    /// Each of the courses by each of these learners, until they are enough.
    async fn assigns(&self, commit: f64, learners: &[PersonId]) -> anyhow::Result<Vec<(f64, f64)>> {
        let fixture = Arc::clone(self.measured.fixture);
        let pairs = self
            .by_hand
            .iter()
            .flat_map(|training| learners.iter().map(move |learner| (learner, training)));
        let parent = |learner: &PersonId| format!("{}/learners/{learner}", self.organization.name);
        let requests: Vec<_> = pairs
            .take(NEEDED)
            .map(|(learner, training)| AssignTrainingRequest {
                parent: parent(learner),
                training: training.clone(),
                due_date: String::new(),
                request_id: fixture.request_id(),
            })
            .collect();
        called(&requests, commit, move |one| assign(Arc::clone(&fixture), one)).await
    }
}

impl Grown for Assignments<'_> {
    async fn costs(&mut self, rows: u32) -> anyhow::Result<Vec<Cost>> {
        let learners = self.grow(rows).await?;
        let mut progress = Progress {
            fixture: self.measured.fixture,
            organization: &self.organization,
            progress: ProgressReportServiceClient::new(self.measured.fixture.edge.clone()),
            db: self.measured.databases.of("records").await?,
        };
        let pages = Paged::read(&mut progress, &Start::newest()).await;
        let counts = progress.counts().await;
        let commit = commit(self.measured).await?;
        let assigned = self.assigns(commit, &learners).await;
        let [first, hundredth] = Cost::of_pages(pages);
        Ok(vec![
            first,
            hundredth,
            Cost::of_reads("counts", counts).grows_because("they are counted when they are asked for"),
            Cost::of_writes("create", assigned),
        ])
    }
}

async fn assign(fixture: Arc<Fixture>, request: AssignTrainingRequest) -> anyhow::Result<()> {
    let mut assignments = AssignmentServiceClient::new(fixture.edge.clone());
    let assigned = assignments.assign_training(fixture.call(request)).await;
    answer(assigned).context("an assignment was refused").map(drop)
}

/// The progress of all learners, newest first, and counted.
struct Progress<'a> {
    fixture: &'a Fixture,
    organization: &'a Staffed,
    progress: ProgressReportServiceClient<Channel>,
    db: PgConnection,
}

impl Progress<'_> {
    async fn counts(&mut self) -> anyhow::Result<Vec<(f64, f64)>> {
        let mut runs = Vec::with_capacity(RUNS);
        for _ in 0..RUNS {
            let mut pair = Pair::default();
            for _ in 0..COUNTS {
                let query = sqlx::query(COUNT).bind(self.organization.id);
                let (micros, states) = timed(async { Ok(query.fetch_all(&mut self.db).await?) }).await?;
                ensure!(!states.is_empty(), "the query counted nothing");
                pair.beside.push(micros);
                pair.ours.push(self.summarize().await?);
            }
            runs.push(pair);
        }
        Ok(medians(runs))
    }

    async fn summarize(&mut self) -> anyhow::Result<u64> {
        let request = self.fixture.call(SummarizeProgressRequest {
            parent: self.organization.name.clone(),
            ..SummarizeProgressRequest::default()
        });
        let counting = async { answer(self.progress.summarize_progress(request).await) };
        let (micros, summary) = timed(counting).await?;
        let total = summary.total.context("nothing was counted")?;
        ensure!(total.completed_count > 0, "nothing is completed");
        Ok(micros)
    }
}

impl Pages for Progress<'_> {
    async fn call(&mut self, start: &Start) -> anyhow::Result<(u64, Start)> {
        let request = self.fixture.call(ListProgressRequest {
            parent: self.organization.name.clone(),
            page_size: PAGE,
            page_token: start.token.clone(),
            ..ListProgressRequest::default()
        });
        let listing = async { answer(self.progress.list_progress(request).await) };
        let (micros, page) = timed(listing).await?;
        let count = page.entries.len();
        ensure!(count == usize::try_from(PAGE)?, "a page of {count} entries");
        let last = page.entries.last().and_then(|last| last.assignment.as_ref());
        let last = last.context("the last entry is none")?;
        Ok((micros, Start::behind(&last.name, page.next_page_token)?))
    }

    async fn query(&mut self, start: &Start) -> anyhow::Result<u64> {
        let query = sqlx::query(LIST).bind(self.organization.id).bind(start.id);
        rows_of(query.bind(i64::from(PAGE)), &mut self.db, PAGE).await
    }
}
