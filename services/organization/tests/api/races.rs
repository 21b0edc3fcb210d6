//! What the races have in common: acts that conflict, by sixteen at once, round for round.

use muster_ids::OrganizationId;
use muster_testkit::effort::RACES;
use sqlx::AssertSqlSafe;

use crate::fixture::Fixture;

/// How many act at once.
pub(crate) const CALLERS: usize = 16;

/// How many rounds there are.
pub(crate) fn rounds() -> usize {
    RACES.or(60)
}

/// How many events of a type there are of an organization.
pub(crate) async fn published(fixture: &Fixture, id: OrganizationId, event_type: &str) -> i64 {
    let events = format!("FROM outbox WHERE organization_id = '{id}' AND event_type = '{event_type}'");
    count(fixture, &events).await
}

/// How many rows there are of what stands behind `SELECT count(*)`.
pub(crate) async fn count(fixture: &Fixture, of: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) {of}")))
        .fetch_one(&mut fixture.service.database.connection().await)
        .await
        .unwrap()
}
