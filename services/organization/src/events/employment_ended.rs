//! What is consumed of employments that are over: the projection.

use async_trait::async_trait;
use muster_messaging::{EmploymentFacts, Handler, HandlingError, Received};
use muster_proto::employment::v1::EmploymentEndedEvent;
use sqlx::PgConnection;

use crate::store::employment_projection;

/// Handles `employment.ended`: keeps the projection of employments.
#[derive(Debug)]
pub(crate) struct EmploymentEnded;

#[async_trait]
impl Handler for EmploymentEnded {
    type Event = EmploymentEndedEvent;
    type Prepared = EmploymentFacts;

    async fn prepare(
        &self,
        event: &Received,
        message: EmploymentEndedEvent,
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
