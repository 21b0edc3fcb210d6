//! What is consumed of claims: what waits, was rejected or taken back is not verified (any more).

use async_trait::async_trait;
use muster_messaging::{EmploymentFacts, Handler, HandlingError, Received};
use muster_proto::employment::v1::EmploymentChangedEvent;
use sqlx::PgConnection;

use crate::store::employment_projection;

/// Handles `employment.changed`: keeps the projection of employments.
#[derive(Debug)]
pub(crate) struct EmploymentChanged;

#[async_trait]
impl Handler for EmploymentChanged {
    type Event = EmploymentChangedEvent;
    type Prepared = EmploymentFacts;

    async fn prepare(
        &self,
        event: &Received,
        message: EmploymentChangedEvent,
    ) -> Result<EmploymentFacts, HandlingError> {
        EmploymentFacts::read(event, message.facts)
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        _: &Received,
        facts: EmploymentFacts,
    ) -> Result<(), HandlingError> {
        Ok(employment_projection::learn(tx, &facts).await?)
    }
}
