//! The list of learners and its counts, of an organization with as many as a spreadsheet has rows, beside the bare queries. The first page
//! tells the counts, which are counted whenever they are asked for.

use anyhow::{Context, ensure};
use muster_ids::OrganizationId;
use muster_proto::invitation::v1::learner_service_client::LearnerServiceClient;
use muster_proto::invitation::v1::{ListLearnersRequest, ListLearnersResponse};
use sqlx::PgConnection;
use tonic::transport::Channel;

use super::Measured;
use super::filling::Filled;
use super::lists::{BARE, CALLS, COUNTING, FEWER, STATES, WARM_UP, size_of_page};
use crate::database::Databases;
use crate::figure::Figure;
use crate::fixture::{Fixture, answer};
use crate::paging::{Paged, Pages, Start, rows_of};
use crate::pairs::{Pair, RUNS, timed};

/// What a line of the list shows: of an address that nobody has joined by its invitation, of whoever has joined what is kept of them.
const NEWEST: &str = "SELECT * FROM (
        (SELECT i.invitation_id AS id, i.state, i.address_given, NULL::uuid AS person_id, '' AS display_name, i.location_id,
                i.invitation_id, i.delivery_state, NULL::uuid AS employment_id, i.create_time,
                ARRAY(SELECT g.group_id FROM invitation_groups AS g
                      WHERE g.organization_id = i.organization_id AND g.invitation_id = i.invitation_id) AS group_ids
         FROM invitations AS i WHERE i.organization_id = $1 AND i.learner_id IS NULL AND i.invitation_id < $2
         ORDER BY i.invitation_id DESC LIMIT $3)
        UNION ALL
        (SELECT l.learner_id, CASE WHEN l.is_active THEN 'ACTIVE' ELSE 'ARCHIVED' END, l.address_given, l.person_id, l.display_name,
                l.location_id, l.accepted_invitation_id, NULL, l.employment_id, l.create_time, l.group_ids
         FROM learners AS l WHERE l.organization_id = $1 AND l.learner_id < $2
         ORDER BY l.learner_id DESC LIMIT $3)
    ) AS listed ORDER BY id DESC LIMIT $3";
/// A look at each.
const COUNTS: &str = "SELECT state, count(*) FROM (
        SELECT state FROM invitations WHERE organization_id = $1 AND learner_id IS NULL
        UNION ALL
        SELECT CASE WHEN is_active THEN 'ACTIVE' ELSE 'ARCHIVED' END FROM learners WHERE organization_id = $1
    ) AS theirs GROUP BY state";

/// How many there are.
pub(super) fn count(rows: u32) -> u32 {
    rows.max(FEWER)
}

pub(super) async fn measure(measured: &Measured<'_>) -> anyhow::Result<Vec<Figure>> {
    let (fixture, databases) = (measured.fixture, &measured.databases);
    let filled = Filled::make(fixture, databases, "Learners", count(measured.rows), &STATES).await?;
    let mut list = Learners::open(fixture, databases, &filled).await?;
    let Paged { first, hundredth } = Paged::read(&mut list, &Start::newest()).await?;
    let mut counts = Vec::new();
    for _ in 0..RUNS {
        list.counts(WARM_UP).await?;
        counts.push(list.counts(CALLS).await?.latencies());
    }
    let counts = Pair::percentile(&counts, 0.5);
    Ok(vec![
        Figure::of_runs("learners.first.p50", "ms", "the bare queries", &first),
        Figure::of_runs("learners.hundredth.p50", "ms", BARE, &hundredth),
        Figure::of_runs("learners.counts.p50", "ms", COUNTING, &counts),
    ])
}

/// The learners of an organization, newest first.
struct Learners<'a> {
    fixture: &'a Fixture,
    organization: String,
    id: OrganizationId,
    size: i32,
    learners: LearnerServiceClient<Channel>,
    db: PgConnection,
}

impl<'a> Learners<'a> {
    async fn open(
        fixture: &'a Fixture,
        databases: &Databases,
        organization: &Filled,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            fixture,
            organization: organization.name.clone(),
            id: organization.id,
            size: size_of_page(organization)?,
            learners: LearnerServiceClient::new(fixture.edge.clone()),
            db: databases.of("invitation").await?,
        })
    }

    /// The counts beside a look at each, so often.
    async fn counts(&mut self, times: usize) -> anyhow::Result<Pair> {
        let mut counts = Pair::default();
        for _ in 0..times {
            counts.beside.push(self.look_at_each().await?);
            let (micros, first) = self.page(1, String::new()).await?;
            ensure!(!first.counts.is_empty(), "nobody was counted");
            counts.ours.push(micros);
        }
        Ok(counts)
    }

    /// How long it takes to count them by looking at each, in microseconds.
    async fn look_at_each(&mut self) -> anyhow::Result<u64> {
        let query = sqlx::query(COUNTS).bind(self.id);
        let (micros, states) = timed(async { Ok(query.fetch_all(&mut self.db).await?) }).await?;
        ensure!(!states.is_empty(), "the query counted nobody");
        Ok(micros)
    }

    async fn page(&mut self, size: i32, page_token: String) -> anyhow::Result<(u64, ListLearnersResponse)> {
        let request = self.fixture.call(ListLearnersRequest {
            parent: self.organization.clone(),
            page_size: size,
            page_token,
            ..ListLearnersRequest::default()
        });
        let listing = async { answer(self.learners.list_learners(request).await) };
        let (micros, page) = timed(listing).await?;
        let count = page.learners.len();
        ensure!(count == usize::try_from(size)?, "a page of {count} learners");
        Ok((micros, page))
    }
}

impl Pages for Learners<'_> {
    async fn call(&mut self, start: &Start) -> anyhow::Result<(u64, Start)> {
        let (micros, page) = self.page(self.size, start.token.clone()).await?;
        let last = page.learners.last().context("a page is empty")?;
        // Of what is filled in, whoever is listed has the id of their only invitation.
        let next = Start::behind(&last.invitation, page.next_page_token)?;
        Ok((micros, next))
    }

    async fn query(&mut self, start: &Start) -> anyhow::Result<u64> {
        let query = sqlx::query(NEWEST).bind(self.id).bind(start.id);
        let page = rows_of(query.bind(i64::from(self.size)), &mut self.db, self.size).await?;
        let is_first = start.token.is_empty();
        let counts = if is_first { self.look_at_each().await? } else { 0 };
        Ok(page + counts)
    }
}
