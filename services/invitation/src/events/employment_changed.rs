//! Employments that are over, and claims that are taken back or rejected: what the person had accepted is archived. A claim
//! that is corrected waits again, and what it came from is active with it.

use async_trait::async_trait;
use muster_messaging::{EmploymentFacts, EmploymentWork, HandlingError, Received};
use muster_proto::employment::v1::EmploymentState;
use sqlx::PgConnection;

use crate::ops::invitation::archive::archive;
use crate::ops::invitation::restore::reopen;

/// Archives what the person had accepted by the time of the event, or makes active again what a corrected claim came from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EmploymentChanged;

#[async_trait]
impl EmploymentWork for EmploymentChanged {
    async fn apply(
        &self,
        tx: &mut PgConnection,
        event: &Received,
        facts: EmploymentFacts,
    ) -> Result<(), HandlingError> {
        match facts.state {
            EmploymentState::Ended | EmploymentState::Withdrawn | EmploymentState::Rejected => {
                Ok(archive(tx, facts.organization, facts.person, event.time).await?)
            }
            EmploymentState::PendingVerification => match facts.source_invitation {
                Some(invitation) => Ok(reopen(tx, facts.organization, invitation, event.time).await?),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }
}
