//! The employees list of a large organization: its first page and its hundredth, beside the bare query for the same rows.

use anyhow::{Context, ensure};
use muster_ids::OrganizationId;
use muster_proto::employment::v1::employment_service_client::EmploymentServiceClient;
use muster_proto::employment::v1::{EmploymentOrder, EmploymentState, ListEmploymentsRequest};
use sqlx::PgConnection;
use tonic::transport::Channel;

use super::staff::Staffed;
use super::timed;
use crate::database::Databases;
use crate::figure::Figure;
use crate::fixture::{Fixture, answer, id_in};
use crate::paging::{Paged, Pages, Start, rows_of};

const PAGE: i32 = 100;

/// What a row of the list shows.
macro_rules! bare {
    ($rest:literal) => {
        concat!(
            "SELECT e.employment_id, e.person_id, e.person_display_name, e.state, e.start_date, e.verify_time, e.version,
                    ARRAY(SELECT g.group_id FROM employment_groups AS g
                          WHERE g.organization_id = e.organization_id AND g.employment_id = e.employment_id),
                    ARRAY(SELECT p.title FROM employment_positions AS p
                          WHERE p.organization_id = e.organization_id AND p.employment_id = e.employment_id ORDER BY p.place)
             FROM employments AS e WHERE e.organization_id = $1 AND ",
            $rest,
            " LIMIT $4"
        )
    };
}
const NEWEST: &str = bare!("e.employment_id < $2 AND $3 = '' ORDER BY e.employment_id DESC");
const BY_NAME: &str = bare!(
    "e.state = 'VERIFIED' AND (lower(left(e.person_display_name, 100)), e.employment_id) > (lower($3), $2)
     ORDER BY lower(left(e.person_display_name, 100)), e.employment_id"
);

/// In both orders in which the list is looked at: the newest first, and those who are verified by their names.
pub(super) async fn measure(
    fixture: &Fixture,
    databases: &Databases,
    organization: &Staffed,
) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for (name, first, by_name) in [
        ("registry.employees", Start::newest(), false),
        ("registry.employees.by_name", Start::lowest(), true),
    ] {
        let mut list = List::open(fixture, databases, &organization.name, PAGE).await?;
        list.by_name = by_name;
        let Paged { first, hundredth } = Paged::read(&mut list, &first).await?;
        let flat: Vec<_> = hundredth
            .iter()
            .zip(&first)
            .map(|(far, near)| (far.0, near.0))
            .collect();
        let bare = "the bare query";
        figures.extend([
            Figure::of_runs(format!("{name}.first.p50"), "ms", bare, &first),
            Figure::of_runs(format!("{name}.hundredth.p50"), "ms", bare, &hundredth),
            Figure::of_runs(format!("{name}.flat"), "ms", "the first page", &flat),
        ]);
    }
    Ok(figures)
}

/// The employments of an organization.
pub(crate) struct List<'a> {
    fixture: &'a Fixture,
    organization: &'a str,
    id: OrganizationId,
    size: i32,
    /// Those who are verified, by their names; else all, the newest first.
    by_name: bool,
    employments: EmploymentServiceClient<Channel>,
    db: PgConnection,
}

impl<'a> List<'a> {
    /// The newest first, in pages of this size.
    pub(crate) async fn open(
        fixture: &'a Fixture,
        databases: &Databases,
        organization: &'a str,
        size: i32,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            fixture,
            organization,
            id: id_in(organization)?,
            size,
            by_name: false,
            employments: EmploymentServiceClient::new(fixture.edge.clone()),
            db: databases.of("employment").await?,
        })
    }
}

impl Pages for List<'_> {
    async fn call(&mut self, start: &Start) -> anyhow::Result<(u64, Start)> {
        let mut request = ListEmploymentsRequest {
            parent: self.organization.to_owned(),
            page_size: self.size,
            page_token: start.token.clone(),
            ..ListEmploymentsRequest::default()
        };
        if self.by_name {
            request.set_order(EmploymentOrder::Name);
            request.states = vec![EmploymentState::Verified.into()];
        }
        let request = self.fixture.call(request);
        let listing = async { answer(self.employments.list_employments(request).await) };
        let (micros, page) = timed(listing).await?;
        let count = page.employments.len();
        ensure!(
            count == usize::try_from(self.size)?,
            "a page of {count} employments"
        );
        let last = page.employments.last().context("a page is empty")?;
        let mut next = Start::behind(&last.name, page.next_page_token)?;
        if self.by_name {
            next.name.clone_from(&last.person_display_name);
        }
        Ok((micros, next))
    }

    async fn query(&mut self, start: &Start) -> anyhow::Result<u64> {
        let query = sqlx::query(if self.by_name { BY_NAME } else { NEWEST });
        let query = query.bind(self.id).bind(start.id).bind(&start.name);
        rows_of(query.bind(i64::from(self.size)), &mut self.db, self.size).await
    }
}
