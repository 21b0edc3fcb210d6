//! `employment.ended`: the learner left, and what they had accepted is archived.

use async_trait::async_trait;
use muster_messaging::{EmploymentFacts, Handler, HandlingError, Received};
use muster_proto::employment::v1::EmploymentEndedEvent;
use sqlx::PgConnection;

use crate::ops::invitation::archive::archive;

/// Handles `employment.ended`.
#[derive(Debug, Clone, Copy)]
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
        event: &Received,
        facts: EmploymentFacts,
    ) -> Result<(), HandlingError> {
        Ok(archive(tx, facts.organization, facts.person, event.time).await?)
    }
}
