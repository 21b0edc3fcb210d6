//! `group.changed`: a group requires other trainings of its learners.

use async_trait::async_trait;
use muster_ids::{GroupName, OrganizationId};
use muster_messaging::{Handler, HandlingError, Received};
use muster_proto::organization::v1 as pb;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::Requirement;
use crate::ops::assignment::require;
use crate::ops::learner::place;
use crate::peers::trainings;

/// Handles `group.changed`.
#[derive(Debug, Clone)]
pub(crate) struct GroupChanged(pub(crate) Context);

#[async_trait]
impl Handler for GroupChanged {
    type Event = pb::GroupChangedEvent;
    type Prepared = (OrganizationId, Requirement);

    async fn prepare(
        &self,
        event: &Received,
        message: pb::GroupChangedEvent,
    ) -> Result<(OrganizationId, Requirement), HandlingError> {
        let GroupName { organization, group } = event.field("group", &message.group)?;
        let organization = event.within(organization)?;
        let unreadable = |_| HandlingError::Permanent("trainings are no names".to_owned());
        let requirement = Requirement {
            group,
            is_active: message.state() == pb::GroupState::Active,
            trainings: trainings(&message.trainings).map_err(unreadable)?,
            inactive: trainings(&message.inactive_trainings).map_err(unreadable)?,
            sequence: event.sequence,
        };
        place::prepare(&self.0, organization).await?;
        Ok((organization, requirement))
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        _: &Received,
        (organization, requirement): (OrganizationId, Requirement),
    ) -> Result<(), HandlingError> {
        Ok(require::apply(tx, &self.0, organization, &requirement).await?)
    }
}
