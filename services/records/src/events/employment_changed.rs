//! `employment.changed`: what is not verified (any more) lets nobody read the record.

use async_trait::async_trait;
use muster_ids::{OrganizationId, PersonId};
use muster_messaging::{EmploymentFacts, Handler, HandlingError, Received};
use muster_proto::employment::v1 as pb;
use sqlx::PgConnection;

use super::projected;
use crate::domain::EmploymentProjection;
use crate::store::employment_projection;

/// Handles `employment.changed`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EmploymentChanged;

#[async_trait]
impl Handler for EmploymentChanged {
    type Event = pb::EmploymentChangedEvent;
    type Prepared = (OrganizationId, PersonId, EmploymentProjection);

    async fn prepare(
        &self,
        event: &Received,
        message: pb::EmploymentChangedEvent,
    ) -> Result<Self::Prepared, HandlingError> {
        let facts = EmploymentFacts::read(event, message.facts)?;
        Ok((facts.organization, facts.person, projected(&facts)?))
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        _: &Received,
        (organization, person, ended): Self::Prepared,
    ) -> Result<(), HandlingError> {
        employment_projection::learn(tx, organization, person, ended).await?;
        Ok(())
    }
}
