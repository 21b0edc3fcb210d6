//! What is kept of employments: an organization's access to a record is gone with the projection that guards it.

use async_trait::async_trait;
use muster_messaging::{EmploymentFacts, EmploymentWork, HandlingError, Received};
use sqlx::PgConnection;

use super::projected;
use crate::store::employment_projection;

/// Keeps the projection of employments, whichever event tells of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Projection;

#[async_trait]
impl EmploymentWork for Projection {
    async fn apply(
        &self,
        tx: &mut PgConnection,
        _: &Received,
        facts: EmploymentFacts,
    ) -> Result<(), HandlingError> {
        let published = projected(&facts)?;
        employment_projection::learn(tx, facts.organization, facts.person, published).await?;
        Ok(())
    }
}
