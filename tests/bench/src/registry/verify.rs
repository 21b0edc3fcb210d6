//! 1,000 employments that are verified at once, beside one statement that changes as many rows of the same table.

use std::time::Duration;

use anyhow::ensure;
use muster_client::acts::group;
use muster_ids::{EmploymentId, OrganizationId};
use muster_proto::employment::v1::employment_service_client::EmploymentServiceClient;
use muster_proto::employment::v1::{BatchVerifyEmploymentsRequest, EmploymentState};
use sqlx::PgConnection;
use tokio::time::sleep;

use super::staff::Staff;
use super::{RUNS, timed};
use crate::database::Databases;
use crate::figure::Figure;
use crate::fixture::{Fixture, answer, id_in};

/// As many as one call takes.
const BATCH: usize = 1_000;
/// Until the events of a batch are consumed.
const CALM: Duration = Duration::from_secs(3);
/// What decides about each: where it stands, and that nobody changed it. The table's history is written in both.
const UPDATE: &str = "UPDATE employments AS e
    SET state = 'VERIFIED', version = given.version, update_time = now(), verify_time = now(), first_verify_time = now()
    FROM UNNEST($2::uuid[], $3::bigint[]) AS given (id, version)
    WHERE e.organization_id = $1 AND e.employment_id = given.id AND e.version = given.version - 1
      AND e.state = 'PENDING_VERIFICATION'";

/// The statement and the call in turn, each of people of its own; a first time of both does not count.
pub(super) async fn measure(fixture: &Fixture, databases: &Databases) -> anyhow::Result<Vec<Figure>> {
    let organization = fixture.another("Waiting").await?;
    let id = id_in(&organization)?;
    let staff = Staff::of(fixture, id, 0..2 * BATCH * (RUNS + 1));
    let group = group::create(&fixture.client, &organization, "Lead Teachers", &[]).await?;
    let mut filling = databases.to_fill("employment").await?;
    let waiting = "PENDING_VERIFICATION";
    staff
        .employ(&mut filling, id, id_in(&group.name)?, waiting)
        .await?;
    let mut db = databases.of("employment").await?;
    let mut runs = Vec::with_capacity(RUNS + 1);
    for batch in staff.employments.chunks(2 * BATCH) {
        let (beside, ours) = batch.split_at(BATCH);
        let changed = update(&mut db, id, beside).await?;
        let verified = verify(fixture, &organization, ours).await?;
        runs.push((millis(verified), millis(changed)));
        sleep(CALM).await;
    }
    let runs = runs.get(1..).unwrap_or_default();
    let beside = "one UPDATE of 1,000";
    Ok(vec![Figure::of_runs("registry.verify_1000", "ms", beside, runs)])
}

fn millis(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64() * 1000.0
}

async fn update(
    db: &mut PgConnection,
    organization: OrganizationId,
    ids: &[EmploymentId],
) -> anyhow::Result<u64> {
    let versions = vec![2_i64; ids.len()];
    let update = sqlx::query(UPDATE).bind(organization).bind(ids).bind(versions);
    let (micros, done) = timed(async { Ok(update.execute(db).await?) }).await?;
    let changed = done.rows_affected();
    ensure!(changed == ids.len() as u64, "{changed} rows were changed");
    Ok(micros)
}

async fn verify(fixture: &Fixture, organization: &str, ids: &[EmploymentId]) -> anyhow::Result<u64> {
    let name = |id| format!("{organization}/employments/{id}");
    let request = fixture.call(BatchVerifyEmploymentsRequest {
        parent: organization.to_owned(),
        names: ids.iter().map(name).collect(),
        request_id: fixture.request_id(),
    });
    let mut employments = EmploymentServiceClient::new(fixture.edge.clone());
    let verifying = async { answer(employments.batch_verify_employments(request).await) };
    let (micros, done) = timed(verifying).await?;
    let outcomes = done.outcomes.iter();
    let verified = outcomes
        .filter(|one| one.state() == EmploymentState::Verified)
        .count();
    ensure!(verified == ids.len(), "{verified} of {} were verified", ids.len());
    Ok(micros)
}
