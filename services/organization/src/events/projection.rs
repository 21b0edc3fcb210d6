//! What is consumed of employments: who is employed where, kept as a projection.

use async_trait::async_trait;
use muster_messaging::{EmploymentFacts, EmploymentWork, HandlingError, Received};
use sqlx::PgConnection;

use crate::store::employment_projection;

/// Keeps the projection of employments, whichever event tells of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Projection;

#[async_trait]
impl EmploymentWork for Projection {
    async fn apply(
        &self,
        tx: &mut PgConnection,
        event: &Received,
        facts: EmploymentFacts,
    ) -> Result<(), HandlingError> {
        Ok(employment_projection::learn(tx, &facts, event.time).await?)
    }
}
