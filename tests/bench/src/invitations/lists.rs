//! A page of the list of invitations, and the counts by state, of an organization with a million: beside the bare queries, and
//! beside an organization with a thousand.

use anyhow::{Context, ensure};
use muster_ids::{InvitationId, OrganizationId};
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{ListInvitationsRequest, ListInvitationsResponse};
use sqlx::PgConnection;
use sqlx::types::Uuid;
use tonic::transport::Channel;

use super::Measured;
use super::filling::Filled;
use crate::figure::Figure;
use crate::fixture::{Fixture, answer, id_in};
use crate::latencies::Latencies;
use crate::pairs::{Pair, RUNS, timed};

const FEWER: u32 = 1_000;
/// So many times the rows of a spreadsheet.
const TIMES: u32 = 10;
const PAGE: i32 = 100;
/// Of each in a run.
const CALLS: usize = 50;
const WARM_UP: usize = 5;
/// Most have joined.
const STATES: [&str; 10] = [
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
    let few = Filled::make(measured, "Few", FEWER, &STATES).await?;
    let many = Filled::make(measured, "Many", many(measured.rows), &STATES).await?;
    let (mut few, mut many) = (
        List::open(measured, &few).await?,
        List::open(measured, &many).await?,
    );
    let (mut of_few, mut of_many) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        for (list, runs) in [(&mut few, &mut of_few), (&mut many, &mut of_many)] {
            list.read(WARM_UP).await?;
            runs.push(list.read(CALLS).await?);
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

struct List<'a> {
    fixture: &'a Fixture,
    organization: String,
    id: OrganizationId,
    /// Behind the first page, which comes with the counts.
    after: InvitationId,
    token: String,
    invitations: InvitationServiceClient<Channel>,
    db: PgConnection,
}

impl<'a> List<'a> {
    async fn open(measured: &Measured<'a>, organization: &Filled) -> anyhow::Result<Self> {
        let mut list = Self {
            fixture: measured.fixture,
            organization: organization.name.clone(),
            id: organization.id,
            after: InvitationId::from_uuid(Uuid::max()),
            token: String::new(),
            invitations: InvitationServiceClient::new(measured.fixture.edge.clone()),
            db: measured.databases.of("invitation").await?,
        };
        let (_, first) = list.call(PAGE, String::new()).await?;
        let last = first.invitations.last().context("the first page is empty")?;
        list.after = id_in(&last.name)?;
        list.token = first.next_page_token;
        Ok(list)
    }

    /// The page and the counts, each beside its query, so often.
    async fn read(&mut self, times: usize) -> anyhow::Result<Read> {
        let (mut page, mut counts) = (Pair::default(), Pair::default());
        for _ in 0..times {
            page.beside.push(self.query().await?);
            page.ours.push(self.call(PAGE, self.token.clone()).await?.0);
            counts.beside.push(self.count().await?);
            let (micros, first) = self.call(1, String::new()).await?;
            ensure!(!first.counts.is_empty(), "nothing was counted");
            counts.ours.push(micros);
        }
        Ok(Read {
            page: page.latencies(),
            counts: counts.latencies(),
        })
    }

    async fn call(
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

    async fn query(&mut self) -> anyhow::Result<u64> {
        let query = sqlx::query(LIST).bind(self.id).bind(self.after);
        let query = query.bind(i64::from(PAGE));
        let (micros, rows) = timed(async { Ok(query.fetch_all(&mut self.db).await?) }).await?;
        ensure!(
            rows.len() == usize::try_from(PAGE)?,
            "the query found {} rows",
            rows.len()
        );
        Ok(micros)
    }

    async fn count(&mut self) -> anyhow::Result<u64> {
        let query = sqlx::query(COUNTS).bind(self.id);
        let (micros, states) = timed(async { Ok(query.fetch_all(&mut self.db).await?) }).await?;
        ensure!(!states.is_empty(), "the query counted nothing");
        Ok(micros)
    }
}
