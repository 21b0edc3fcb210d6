//! Employments that are over and claims that are taken back: what the person had accepted is archived.

use async_trait::async_trait;
use muster_messaging::{EmploymentFacts, EmploymentWork, HandlingError, Received};
use muster_proto::employment::v1::EmploymentState;
use sqlx::PgConnection;

use crate::ops::invitation::archive::archive;

/// Archives what the person had accepted by the time of the event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Archive;

#[async_trait]
impl EmploymentWork for Archive {
    async fn apply(
        &self,
        tx: &mut PgConnection,
        event: &Received,
        facts: EmploymentFacts,
    ) -> Result<(), HandlingError> {
        match facts.state {
            EmploymentState::Ended | EmploymentState::Withdrawn => {
                Ok(archive(tx, facts.organization, facts.person, event.time).await?)
            }
            _ => Ok(()),
        }
    }
}
