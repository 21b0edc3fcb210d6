//! The employees list of a large organization: its first page and its hundredth, beside the bare query for the same rows.

use anyhow::{Context, ensure};
use muster_ids::{EmploymentId, OrganizationId};
use muster_proto::employment::v1::employment_service_client::EmploymentServiceClient;
use muster_proto::employment::v1::{
    EmploymentOrder, EmploymentState, ListEmploymentsRequest, ListEmploymentsResponse,
};
use sqlx::PgConnection;
use sqlx::types::Uuid;
use tonic::transport::Channel;

use super::staff::Staffed;
use super::{Pair, RUNS, timed};
use crate::database::Databases;
use crate::figure::Figure;
use crate::fixture::{Fixture, answer, id_in};

const PAGE: i32 = 100;
const HUNDREDTH: usize = 100;
/// Of each page in a run.
const CALLS: usize = 100;
const WARM_UP: usize = 10;

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
    for (name, by_name) in [
        ("registry.employees", false),
        ("registry.employees.by_name", true),
    ] {
        let mut list = List {
            fixture,
            organization: &organization.name,
            id: organization.id,
            by_name,
            employments: EmploymentServiceClient::new(fixture.edge.clone()),
            db: databases.of("employment").await?,
        };
        figures.extend(list.measure(name).await?);
    }
    Ok(figures)
}

struct List<'a> {
    fixture: &'a Fixture,
    organization: &'a str,
    id: OrganizationId,
    by_name: bool,
    employments: EmploymentServiceClient<Channel>,
    db: PgConnection,
}

/// Where a page begins: for the RPC, and for the query.
#[derive(Debug, Clone)]
struct Start {
    token: String,
    name: String,
    id: EmploymentId,
}

impl List<'_> {
    async fn measure(&mut self, name: &str) -> anyhow::Result<Vec<Figure>> {
        let first = self.beginning();
        let hundredth = self.hundredth(&first).await?;
        let (mut of_first, mut of_hundredth) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            self.read(&first, &hundredth, WARM_UP).await?;
            let (near, far) = self.read(&first, &hundredth, CALLS).await?;
            of_first.push(near.latencies());
            of_hundredth.push(far.latencies());
        }
        let (near, far) = (
            Pair::percentile(&of_first, 0.5),
            Pair::percentile(&of_hundredth, 0.5),
        );
        let flat: Vec<_> = far.iter().zip(&near).map(|(far, near)| (far.0, near.0)).collect();
        let bare = "the bare query";
        Ok(vec![
            Figure::of_runs(format!("{name}.first.p50"), "ms", bare, &near),
            Figure::of_runs(format!("{name}.hundredth.p50"), "ms", bare, &far),
            Figure::of_runs(format!("{name}.flat"), "ms", "the first page", &flat),
        ])
    }

    /// Both pages in turn, so often.
    async fn read(&mut self, first: &Start, hundredth: &Start, count: usize) -> anyhow::Result<(Pair, Pair)> {
        let (mut near, mut far) = (Pair::default(), Pair::default());
        for _ in 0..count {
            near.beside.push(self.query(first).await?);
            near.ours.push(self.call(first).await?.0);
            far.beside.push(self.query(hundredth).await?);
            far.ours.push(self.call(hundredth).await?.0);
        }
        Ok((near, far))
    }

    fn beginning(&self) -> Start {
        let id = if self.by_name { 0 } else { u128::MAX };
        Start {
            token: String::new(),
            name: String::new(),
            id: EmploymentId::from_uuid(Uuid::from_u128(id)),
        }
    }

    /// Where the hundredth page begins: behind the last one of the 99th.
    async fn hundredth(&mut self, first: &Start) -> anyhow::Result<Start> {
        let mut start = first.clone();
        for _ in 1..HUNDREDTH {
            let (_, page) = self.call(&start).await?;
            let last = page.employments.last().context("a page is empty")?;
            start = Start {
                id: id_in(&last.name)?,
                name: if self.by_name {
                    last.person_display_name.clone()
                } else {
                    String::new()
                },
                token: page.next_page_token,
            };
        }
        Ok(start)
    }

    async fn call(&mut self, start: &Start) -> anyhow::Result<(u64, ListEmploymentsResponse)> {
        let mut request = ListEmploymentsRequest {
            parent: self.organization.to_owned(),
            page_size: PAGE,
            page_token: start.token.clone(),
            ..ListEmploymentsRequest::default()
        };
        if self.by_name {
            request.set_order(EmploymentOrder::Name);
            request.states = vec![EmploymentState::Verified.into()];
        }
        let request = self.fixture.call(request);
        let (micros, page) =
            timed(async { answer(self.employments.list_employments(request).await) }).await?;
        let count = page.employments.len();
        ensure!(count == PAGE as usize, "a page of {count} employments");
        Ok((micros, page))
    }

    async fn query(&mut self, start: &Start) -> anyhow::Result<u64> {
        let query = sqlx::query(if self.by_name { BY_NAME } else { NEWEST });
        let query = query.bind(self.id).bind(start.id).bind(&start.name);
        let query = query.bind(i64::from(PAGE));
        let (micros, rows) = timed(async { Ok(query.fetch_all(&mut self.db).await?) }).await?;
        ensure!(rows.len() == PAGE as usize, "the query found {} rows", rows.len());
        Ok(micros)
    }
}
