//! A page of the list of invitations, and the counts by state, of an organization with a million: beside the bare queries, and
//! beside an organization with a thousand. Oldest first and by address: the first page and the hundredth.

use anyhow::{Context, ensure};
use muster_ids::OrganizationId;
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{InvitationOrder, ListInvitationsRequest, ListInvitationsResponse};
use sqlx::PgConnection;
use tonic::transport::Channel;

use super::Measured;
use super::filling::Filled;
use crate::database::Databases;
use crate::figure::Figure;
use crate::fixture::{Fixture, answer};
use crate::latencies::Latencies;
use crate::paging::{Paged, Pages, Start, rows_of};
use crate::pairs::{Pair, RUNS, timed};

pub(super) const FEWER: u32 = 1_000;
/// So many times the rows of a spreadsheet.
const TIMES: u32 = 10;
const PAGE: i32 = 100;
/// Of each in a run.
pub(super) const CALLS: usize = 50;
pub(super) const WARM_UP: usize = 5;
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

/// What a row of the list shows.
macro_rules! bare {
    ($rest:literal) => {
        concat!(
            "SELECT i.invitation_id, i.version, i.state, i.address_given, i.location_id, i.source, i.inviter_person_id, i.delivery_state,
                    i.create_time, i.send_time, i.expire_time, i.accept_time, i.person_display_name,
                    ARRAY(SELECT g.group_id FROM invitation_groups AS g
                          WHERE g.organization_id = i.organization_id AND g.invitation_id = i.invitation_id)
             FROM invitations AS i WHERE i.organization_id = $1 AND ",
            $rest,
            " LIMIT $4"
        )
    };
}
const NEWEST: &str = bare!("i.invitation_id < $2 AND $3 = '' ORDER BY i.invitation_id DESC");
const OLDEST: &str = bare!("i.invitation_id > $2 AND $3 = '' ORDER BY i.invitation_id");
/// In the order that the index has.
const BY_ADDRESS: &str = bare!(
    "$2::uuid IS NOT NULL AND i.organization_id::text || ' ' || i.address_canonical > $1::uuid::text || ' ' || $3
     ORDER BY i.organization_id::text || ' ' || i.address_canonical, i.create_time, i.invitation_id"
);
/// A look at each.
const COUNTS: &str = "SELECT state, count(*) FROM invitations WHERE organization_id = $1 GROUP BY state";
pub(crate) const COUNTING: &str = "counting them all";
pub(super) const BARE: &str = "the bare query";

/// How many the larger organization has.
pub(super) fn many(rows: u32) -> u32 {
    rows.saturating_mul(TIMES).max(FEWER)
}

/// How many a page holds, so that there is a hundredth one.
pub(super) fn size_of_page(organization: &Filled) -> anyhow::Result<i32> {
    Ok(i32::try_from(organization.count / 100)?.min(PAGE))
}

pub(super) async fn measure(measured: &Measured<'_>) -> anyhow::Result<Vec<Figure>> {
    let (fixture, databases) = (measured.fixture, &measured.databases);
    let few = Filled::make(fixture, databases, "Few", FEWER, &STATES).await?;
    let many = Filled::make(fixture, databases, "Many", many(measured.rows), &STATES).await?;
    let size = size_of_page(&many)?;
    let (mut few, mut many) = (
        List::open(fixture, databases, &few, size).await?,
        List::open(fixture, databases, &many, size).await?,
    );
    let (mut of_few, mut of_many) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        for (list, runs) in [(&mut few, &mut of_few), (&mut many, &mut of_many)] {
            read(list, WARM_UP).await?;
            runs.push(read(list, CALLS).await?);
        }
    }
    let mut figures = Vec::new();
    for (name, kind, beside) in [
        ("invitations.list", Read::page as fn(&Read) -> _, BARE),
        ("invitations.counts", Read::counts, COUNTING),
    ] {
        let [few, many] = [&of_few, &of_many].map(|runs| runs.iter().map(kind).collect::<Vec<_>>());
        let flat: Vec<_> = many.iter().zip(&few).map(|(many, few)| (many.0, few.0)).collect();
        figures.extend([
            Figure::of_runs(format!("{name}.p50"), "ms", beside, &many),
            Figure::of_runs(format!("{name}.flat"), "ms", "of 1,000 invitations", &flat),
        ]);
    }
    for (name, order) in [
        ("invitations.oldest", InvitationOrder::Oldest),
        ("invitations.by_address", InvitationOrder::Address),
    ] {
        many.order = order;
        figures.extend(pages(name, &mut many).await?);
    }
    Ok(figures)
}

/// The first page and the hundredth of a list in another order.
async fn pages(name: &str, list: &mut List<'_>) -> anyhow::Result<[Figure; 3]> {
    let Paged { first, hundredth } = Paged::read(list, &Start::lowest()).await?;
    let flat: Vec<_> = hundredth
        .iter()
        .zip(&first)
        .map(|(far, near)| (far.0, near.0))
        .collect();
    Ok([
        Figure::of_runs(format!("{name}.first.p50"), "ms", BARE, &first),
        Figure::of_runs(format!("{name}.hundredth.p50"), "ms", BARE, &hundredth),
        Figure::of_runs(format!("{name}.flat"), "ms", "the first page", &flat),
    ])
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

/// The invitations of an organization.
pub(crate) struct List<'a> {
    fixture: &'a Fixture,
    organization: String,
    id: OrganizationId,
    size: i32,
    order: InvitationOrder,
    invitations: InvitationServiceClient<Channel>,
    db: PgConnection,
}

impl<'a> List<'a> {
    /// The newest first, in pages of this size.
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
            order: InvitationOrder::Unspecified,
            invitations: InvitationServiceClient::new(fixture.edge.clone()),
            db: databases.of("invitation").await?,
        })
    }

    /// The counts beside a look at each, so often.
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
            order: self.order.into(),
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
        let mut next = Start::behind(&last.name, page.next_page_token)?;
        if self.order == InvitationOrder::Address {
            next.name.clone_from(&last.address);
        }
        Ok((micros, next))
    }

    async fn query(&mut self, start: &Start) -> anyhow::Result<u64> {
        let query = sqlx::query(match self.order {
            InvitationOrder::Unspecified => NEWEST,
            InvitationOrder::Oldest => OLDEST,
            InvitationOrder::Address => BY_ADDRESS,
        });
        let query = query.bind(self.id).bind(start.id).bind(&start.name);
        rows_of(query.bind(i64::from(self.size)), &mut self.db, self.size).await
    }
}
