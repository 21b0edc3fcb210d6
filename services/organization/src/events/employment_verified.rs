//! What is consumed of employments: who is verified where, kept as a projection.

use async_trait::async_trait;
use muster_messaging::{EmploymentFacts, Handler, HandlingError, Received};
use muster_proto::employment::v1::EmploymentVerifiedEvent;
use sqlx::PgConnection;

use crate::store::employment_projection;

/// Handles `employment.verified`: keeps the projection of employments.
#[derive(Debug)]
pub(crate) struct EmploymentVerified;

#[async_trait]
impl Handler for EmploymentVerified {
    type Event = EmploymentVerifiedEvent;
    type Prepared = EmploymentFacts;

    async fn prepare(
        &self,
        event: &Received,
        message: EmploymentVerifiedEvent,
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
