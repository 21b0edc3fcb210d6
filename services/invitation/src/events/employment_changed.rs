//! `employment.changed`: what somebody had accepted who takes their claim back is archived.

use async_trait::async_trait;
use muster_messaging::{EmploymentFacts, Handler, HandlingError, Received};
use muster_proto::employment::v1::{EmploymentChangedEvent, EmploymentState};
use sqlx::PgConnection;

use crate::ops::invitation::archive::archive;

/// Handles `employment.changed`.
#[derive(Debug, Clone, Copy)]
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
        event: &Received,
        facts: EmploymentFacts,
    ) -> Result<(), HandlingError> {
        if facts.state != EmploymentState::Withdrawn {
            return Ok(());
        }
        Ok(archive(tx, facts.organization, facts.person, event.time).await?)
    }
}
