//! A page of the list of invitations, and the counts by state, of an organization with a million: beside the bare queries, and
//! beside an organization with a thousand.

use anyhow::{Context, ensure};
use muster_ids::OrganizationId;
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{ListInvitationsRequest, ListInvitationsResponse};
use sqlx::PgConnection;
use tonic::transport::Channel;

use super::Measured;
use super::filling::Filled;
use crate::database::Databases;
use crate::figure::Figure;
use crate::fixture::{Fixture, answer};
use crate::latencies::Latencies;
use crate::paging::{Pages, Start, rows_of};
use crate::pairs::{Pair, RUNS, timed};

const FEWER: u32 = 1_000;
/// So many times the rows of a spreadsheet.
const TIMES: u32 = 10;
const PAGE: i32 = 100;
/// Of each in a run.
const CALLS: usize = 50;
const WARM_UP: usize = 5;
/// Most have joined.
pub(crate) const STATES: [&str; 10] = [
    "ACTIVE",
    "PENDING",
    "ACTIVE",
    "CANCELLED",
    "ACTIVE",
    "ACTIVE",
    "EXPIRED",
    "ACTIVE",
    "ARCHIVED",
    "PENDING",
];

const LIST: &str =
    "SELECT i.invitation_id, i.version, i.state, i.address_given, i.location_id, i.source, i.inviter_person_id, i.delivery_state,
            i.create_time, i.send_time, i.expire_time, i.accept_time, i.person_display_name,
            ARRAY(SELECT g.group_id FROM invitation_groups AS g
                  WHERE g.organization_id = i.organization_id AND g.invitation_id = i.invitation_id)
     FROM invitations AS i WHERE i.organization_id = $1 AND i.invitation_id < $2 ORDER BY i.invitation_id DESC LIMIT $3";
const COUNTS: &str = "SELECT state, count(*) FROM invitations WHERE organization_id = $1 GROUP BY state";

/// How many the larger organization has.
pub(super) fn many(rows: u32) -> u32 {
    rows.saturating_mul(TIMES).max(FEWER)
}

pub(super) async fn measure(measured: &Measured<'_>) -> anyhow::Result<Vec<Figure>> {
    let (fixture, databases) = (measured.fixture, &measured.databases);
    let few = Filled::make(fixture, databases, "Few", FEWER, &STATES).await?;
    let many = Filled::make(fixture, databases, "Many", many(measured.rows), &STATES).await?;
    let (mut few, mut many) = (
        List::open(fixture, databases, &few, PAGE).await?,
        List::open(fixture, databases, &many, PAGE).await?,
    );
    let (mut of_few, mut of_many) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        for (list, runs) in [(&mut few, &mut of_few), (&mut many, &mut of_many)] {
            read(list, WARM_UP).await?;
            runs.push(read(list, CALLS).await?);
        }
    }
    let mut figures = Vec::new();
    for (name, kind) in [
        ("invitations.list", Read::page as fn(&Read) -> _),
        ("invitations.counts", Read::counts),
    ] {
        let [few, many] = [&of_few, &of_many].map(|runs| runs.iter().map(kind).collect::<Vec<_>>());
        let flat: Vec<_> = many.iter().zip(&few).map(|(many, few)| (many.0, few.0)).collect();
        figures.extend([
            Figure::of_runs(format!("{name}.p50"), "ms", "the bare query", &many),
            Figure::of_runs(format!("{name}.flat"), "ms", "of 1,000 invitations", &flat),
        ]);
    }
    Ok(figures)
}

/// What one run came to.
struct Read {
    page: (Latencies, Latencies),
    counts: (Latencies, Latencies),
}

impl Read {
    fn page(&self) -> (f64, f64) {
        (self.page.0.percentile(0.5), self.page.1.percentile(0.5))
    }

    fn counts(&self) -> (f64, f64) {
        (self.counts.0.percentile(0.5), self.counts.1.percentile(0.5))
    }
}

/// The page behind the first one, which comes with the counts, and these: so often.
async fn read(list: &mut List<'_>, times: usize) -> anyhow::Result<Read> {
    let (_, second) = list.call(&Start::newest()).await?;
    let mut page = Pair::default();
    for _ in 0..times {
        page.beside.push(list.query(&second).await?);
        page.ours.push(list.call(&second).await?.0);
    }
    Ok(Read {
        page: page.latencies(),
        counts: list.counts(times).await?.latencies(),
    })
}

/// The invitations of an organization, newest first.
pub(crate) struct List<'a> {
    fixture: &'a Fixture,
    organization: String,
    id: OrganizationId,
    size: i32,
    invitations: InvitationServiceClient<Channel>,
    db: PgConnection,
}

impl<'a> List<'a> {
    /// In pages of this size.
    pub(crate) async fn open(
        fixture: &'a Fixture,
        databases: &Databases,
        organization: &Filled,
        size: i32,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            fixture,
            organization: organization.name.clone(),
            id: organization.id,
            size,
            invitations: InvitationServiceClient::new(fixture.edge.clone()),
            db: databases.of("invitation").await?,
        })
    }

    /// The counts beside their query, so often.
    pub(crate) async fn counts(&mut self, times: usize) -> anyhow::Result<Pair> {
        let mut counts = Pair::default();
        for _ in 0..times {
            let query = sqlx::query(COUNTS).bind(self.id);
            let (micros, states) = timed(async { Ok(query.fetch_all(&mut self.db).await?) }).await?;
            ensure!(!states.is_empty(), "the query counted nothing");
            counts.beside.push(micros);
            let (micros, first) = self.page(1, String::new()).await?;
            ensure!(!first.counts.is_empty(), "nothing was counted");
            counts.ours.push(micros);
        }
        Ok(counts)
    }

    async fn page(
        &mut self,
        size: i32,
        page_token: String,
    ) -> anyhow::Result<(u64, ListInvitationsResponse)> {
        let request = self.fixture.call(ListInvitationsRequest {
            parent: self.organization.clone(),
            page_size: size,
            page_token,
            ..ListInvitationsRequest::default()
        });
        let listing = async { answer(self.invitations.list_invitations(request).await) };
        let (micros, page) = timed(listing).await?;
        let count = page.invitations.len();
        ensure!(count == usize::try_from(size)?, "a page of {count} invitations");
        Ok((micros, page))
    }
}

impl Pages for List<'_> {
    async fn call(&mut self, start: &Start) -> anyhow::Result<(u64, Start)> {
        let (micros, page) = self.page(self.size, start.token.clone()).await?;
        let last = page.invitations.last().context("a page is empty")?;
        Ok((micros, Start::behind(&last.name, page.next_page_token)?))
    }

    async fn query(&mut self, start: &Start) -> anyhow::Result<u64> {
        let query = sqlx::query(LIST).bind(self.id).bind(start.id);
        let query = query.bind(i64::from(self.size));
        rows_of(query, &mut self.db, self.size).await
    }
}
