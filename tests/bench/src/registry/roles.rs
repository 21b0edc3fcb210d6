//! What it takes the edge to find out who somebody is in an organization: of whom it has just asked, and of whom it has not.
//!
//! A gateway of its own stands in front of the echo, so that nothing is measured but the edge and what it asks. One person owns
//! many organizations: their token is known all the time, their role in the next one never.

use muster_ids::{OrganizationId, PersonId};
use muster_proto::records::v1::ListAssignmentsRequest;
use muster_proto::records::v1::assignment_service_client::AssignmentServiceClient;
use sqlx::PgConnection;
use tonic::Request;
use tonic::transport::{Channel, Endpoint};

use super::{RUNS, timed};
use crate::database::{Databases, settle};
use crate::figure::Figure;
use crate::fixture::{Fixture, answer};
use crate::latencies::Latencies;
use crate::proxies::{self, Proxy};

/// In a run, each asked for once.
const ORGANIZATIONS: usize = 500;
/// Before a run.
const WARM_UP: usize = 50;

/// Approved organizations of one owner.
const OWNED: &str =
    "INSERT INTO organizations (organization_id, organization_number, owner_person_id, display_name,
        licensing_authority, state, version, create_time, submit_time, approve_time, organization_type)
    SELECT id, (30000000 + n)::text, $2, 'Owned ' || n, 'us-mi', 'ACTIVE', 3, now(), now(), now(), 'START_UP'
    FROM UNNEST($1::uuid[]) WITH ORDINALITY AS given (id, n)";
/// Who somebody is: the owner, or whoever has a row.
const ROLE: &str = "SELECT 'OWNER' FROM organizations WHERE organization_id = $1 AND owner_person_id = $2
    UNION ALL
    SELECT role FROM profile_users WHERE organization_id = $1 AND person_id = $2";

/// One call after the other: the echo alone, the edge for the first time, the edge at once again, and the bare query.
pub(super) async fn measure(
    fixture: &Fixture,
    databases: &Databases,
    echo: &str,
) -> anyhow::Result<Vec<Figure>> {
    let owner = PersonId::derive(&fixture.addresses.issuer, "owner");
    let owned: Vec<OrganizationId> = (0..RUNS * ORGANIZATIONS)
        .map(|_| fixture.clock.new_id())
        .collect();
    let mut db = databases.to_fill("organization").await?;
    let filling = sqlx::query(OWNED).bind(&owned).bind(owner);
    filling.execute(&mut db).await?;
    settle(&mut db, &["organizations"]).await?;
    let (_server, address) = proxies::start(fixture, echo, Proxy::PATIENT).await?;
    let mut asker = Asker {
        fixture,
        owner,
        echo: connect(echo).await?,
        edge: connect(&address).await?,
        db,
    };
    let mut runs = Vec::with_capacity(RUNS);
    for organizations in owned.chunks(ORGANIZATIONS) {
        for _ in 0..WARM_UP {
            asker.call(&fixture.organization).await?;
        }
        let mut times = Times::default();
        for id in organizations {
            asker.ask(*id, &mut times).await?;
        }
        runs.push(times.sorted());
    }
    Ok(figures(&runs))
}

async fn connect(address: &str) -> anyhow::Result<AssignmentServiceClient<Channel>> {
    let endpoint = Endpoint::from_shared(address.to_owned())?;
    Ok(AssignmentServiceClient::new(endpoint.connect().await?))
}

struct Asker<'a> {
    fixture: &'a Fixture,
    owner: PersonId,
    echo: AssignmentServiceClient<Channel>,
    edge: AssignmentServiceClient<Channel>,
    db: PgConnection,
}

impl Asker<'_> {
    async fn ask(&mut self, id: OrganizationId, times: &mut Times) -> anyhow::Result<()> {
        let organization = format!("organizations/{id}");
        let request = self.question(&organization);
        let direct = async { answer(self.echo.list_assignments(request).await) };
        times.direct.push(timed(direct).await?.0);
        times.cold.push(timed(self.call(&organization)).await?.0);
        times.warm.push(timed(self.call(&organization)).await?.0);
        let query = async {
            let role = sqlx::query(ROLE).bind(id).bind(self.owner);
            Ok(role.fetch_one(&mut self.db).await?)
        };
        times.query.push(timed(query).await?.0);
        Ok(())
    }

    /// Through the edge.
    async fn call(&mut self, organization: &str) -> anyhow::Result<()> {
        let request = self.question(organization);
        answer(self.edge.list_assignments(request).await).map(drop)
    }

    fn question(&self, organization: &str) -> Request<ListAssignmentsRequest> {
        self.fixture.call(ListAssignmentsRequest {
            parent: format!("{organization}/learners/{}", self.owner),
            ..ListAssignmentsRequest::default()
        })
    }
}

/// In microseconds, of one run.
#[derive(Debug, Default)]
struct Times {
    direct: Vec<u64>,
    cold: Vec<u64>,
    warm: Vec<u64>,
    query: Vec<u64>,
}

impl Times {
    fn sorted(self) -> Sorted {
        let Self {
            direct,
            cold,
            warm,
            query,
        } = self;
        Sorted {
            direct: Latencies::of(direct),
            cold: Latencies::of(cold),
            warm: Latencies::of(warm),
            query: Latencies::of(query),
        }
    }
}

#[derive(Debug)]
struct Sorted {
    direct: Latencies,
    cold: Latencies,
    warm: Latencies,
    query: Latencies,
}

fn figures(runs: &[Sorted]) -> Vec<Figure> {
    let shares = [("p50", 0.5), ("p99", 0.99)];
    let mut figures = Vec::new();
    for (suffix, share) in shares {
        let beside_echo = |run: &Sorted| (run.warm.percentile(share), run.direct.percentile(share));
        let beside_known = |run: &Sorted| (run.cold.percentile(share), run.warm.percentile(share));
        let warm: Vec<_> = runs.iter().map(beside_echo).collect();
        let cold: Vec<_> = runs.iter().map(beside_known).collect();
        figures.extend([
            Figure::of_runs(
                format!("registry.role.warm.{suffix}"),
                "ms",
                "the echo alone",
                &warm,
            ),
            Figure::of_runs(
                format!("registry.role.cold.{suffix}"),
                "ms",
                "a role that is known",
                &cold,
            ),
        ]);
    }
    let asked = |run: &Sorted| {
        let more = run.cold.percentile(0.5) - run.warm.percentile(0.5);
        (more, run.query.percentile(0.5))
    };
    let asked: Vec<_> = runs.iter().map(asked).collect();
    figures.push(Figure::of_runs(
        "registry.role.question.p50",
        "ms",
        "the bare query",
        &asked,
    ));
    figures
}
