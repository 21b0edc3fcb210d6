//! More and more deliveries that wait for their day: their list, and those that are due among them.
//!
//! Their mails are about invitations that were cancelled: the worker claims them, asks about them, is told that they are wanted no
//! more, and writes that down. What sending takes beside is what the bench `mail` measures.

use anyhow::{Context, ensure};
use muster_ids::{InvitationId, OrganizationId};
use muster_proto::notification::v1::ListDeliveriesRequest;
use muster_proto::notification::v1::delivery_service_client::DeliveryServiceClient;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use tonic::transport::Channel;

use super::costs::{Cost, commit};
use super::jobs::{MAIL_WORKER, now};
use super::{Grown, PAGE};
use crate::database::{ID_AT, run, settle};
use crate::fixture::{Fixture, answer};
use crate::invitations::Measured;
use crate::invitations::filling::Filled;
use crate::paging::{Paged, Pages, Start, rows_of};
use crate::pairs::{RUNS, timed};

/// What mails are about, in turn.
const SUBJECTS: u32 = 100;
/// How many are due at once.
const DUE: i32 = 1_000;

/// From one number to another, due at `$5`: each a millisecond older than the one before it.
const DELIVERIES: &str =
    "INSERT INTO deliveries (organization_id, delivery_id, subject, purpose, generation, request, template_version, message_id, state,
         next_attempt_time, create_time)
     SELECT $1, pg_temp.id_at(moment), ($2::text[])[1 + n % cardinality($2)], 'INVITE', 1, n, 1,
            '<' || gen_random_uuid() || '@muster.test>', 'QUEUED', $5, moment
     FROM generate_series($3::integer, $4::integer - 1) AS n,
          LATERAL (SELECT now() - make_interval(secs => n / 1000.0) AS moment) AS one";
const FORGET: &str = "DELETE FROM deliveries WHERE organization_id = $1";
const LIST: &str =
    "SELECT delivery_id, subject, state, attempts, server_reply, message_id, create_time, send_time, next_attempt_time, traceparent
     FROM deliveries WHERE organization_id = $1 AND delivery_id < $2 ORDER BY delivery_id DESC LIMIT $3";

pub(super) struct Deliveries<'a> {
    measured: &'a Measured<'a>,
    organization: Filled,
    /// What they are about.
    subjects: Vec<String>,
    /// The number of the next one.
    next: i32,
    db: PgConnection,
}

impl<'a> Deliveries<'a> {
    pub(super) async fn open(measured: &'a Measured<'a>) -> anyhow::Result<Self> {
        let (organization, subjects) = cancelled(measured, SUBJECTS).await?;
        let mut db = measured.databases.to_fill("notification").await?;
        run(&mut db, ID_AT).await?;
        Ok(Self {
            measured,
            organization,
            subjects,
            next: 1,
            db,
        })
    }

    async fn add(&mut self, count: i32, due: OffsetDateTime) -> anyhow::Result<()> {
        let to = self.next + count;
        let adding = sqlx::query(DELIVERIES)
            .bind(self.organization.id)
            .bind(&self.subjects);
        let adding = adding.bind(self.next).bind(to).bind(due);
        adding.execute(&mut self.db).await?;
        self.next = to;
        Ok(())
    }

    async fn grow(&mut self, rows: u32) -> anyhow::Result<()> {
        let tomorrow = now(&mut self.db).await? + Duration::DAY;
        let missing = i32::try_from(rows)? + 1 - self.next;
        self.add(missing.max(0), tomorrow).await?;
        settle(&mut self.db, &["deliveries"]).await
    }

    async fn claims(&mut self, commit: f64) -> anyhow::Result<Vec<(f64, f64)>> {
        let mut runs = Vec::with_capacity(RUNS);
        for _ in 0..RUNS {
            let since = now(&mut self.db).await?;
            self.add(DUE, since).await?;
            let (id, count) = (self.organization.id, usize::try_from(DUE)?);
            let cost = MAIL_WORKER.cost(&mut self.db, id, since, count).await?;
            runs.push((cost, commit));
        }
        Ok(runs)
    }

    /// Has those that wait wait no more.
    pub(super) async fn forget(mut self) -> anyhow::Result<()> {
        forget(&mut self.db, self.organization.id).await
    }
}

impl Grown for Deliveries<'_> {
    async fn costs(&mut self, rows: u32) -> anyhow::Result<Vec<Cost>> {
        self.grow(rows).await?;
        let fixture = &**self.measured.fixture;
        let mut list = List {
            fixture,
            organization: &self.organization,
            deliveries: DeliveryServiceClient::new(fixture.edge.clone()),
            db: self.measured.databases.of("notification").await?,
        };
        let pages = Paged::read(&mut list, &Start::newest()).await;
        let commit = commit(self.measured).await?;
        let claimed = self.claims(commit).await;
        let [first, hundredth] = Cost::of_pages(pages);
        Ok(vec![first, hundredth, Cost::of_writes("claim", claimed)])
    }
}

/// An organization with as many invitations that were cancelled, and what these are called.
pub(super) async fn cancelled(measured: &Measured<'_>, count: u32) -> anyhow::Result<(Filled, Vec<String>)> {
    let (fixture, databases) = (measured.fixture, &measured.databases);
    let organization = Filled::make(fixture, databases, "Cancelling", count, &["CANCELLED"]).await?;
    let mut db = databases.of("invitation").await?;
    let invitations = organization.oldest(&mut db, "CANCELLED", count).await?;
    let name = |(id, _): &(InvitationId, String)| format!("{}/invitations/{id}", organization.name);
    let names = invitations.iter().map(name).collect();
    Ok((organization, names))
}

/// Has no deliveries of the organization any more.
pub(super) async fn forget(db: &mut PgConnection, organization: OrganizationId) -> anyhow::Result<()> {
    let forgetting = sqlx::query(FORGET).bind(organization);
    forgetting.execute(&mut *db).await?;
    settle(db, &["deliveries"]).await
}

/// The deliveries of an organization, newest first.
struct List<'a> {
    fixture: &'a Fixture,
    organization: &'a Filled,
    deliveries: DeliveryServiceClient<Channel>,
    db: PgConnection,
}

impl Pages for List<'_> {
    async fn call(&mut self, start: &Start) -> anyhow::Result<(u64, Start)> {
        let request = self.fixture.call(ListDeliveriesRequest {
            parent: self.organization.name.clone(),
            page_size: PAGE,
            page_token: start.token.clone(),
            ..ListDeliveriesRequest::default()
        });
        let listing = async { answer(self.deliveries.list_deliveries(request).await) };
        let (micros, page) = timed(listing).await?;
        let count = page.deliveries.len();
        ensure!(count == usize::try_from(PAGE)?, "a page of {count} deliveries");
        let last = page.deliveries.last().context("a page is empty")?;
        Ok((micros, Start::behind(&last.name, page.next_page_token)?))
    }

    async fn query(&mut self, start: &Start) -> anyhow::Result<u64> {
        let query = sqlx::query(LIST).bind(self.organization.id).bind(start.id);
        rows_of(query.bind(i64::from(PAGE)), &mut self.db, PAGE).await
    }
}
