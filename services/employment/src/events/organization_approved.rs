//! `organization.approved`: registry staff verified the director with the profile.

use async_trait::async_trait;
use muster_ids::{OrganizationName, PersonName};
use muster_messaging::{Handler, HandlingError, Received};
use muster_proto::organization::v1 as pb;
use sqlx::PgConnection;

use crate::context::{Context, SELF};
use crate::domain::Hiring;
use crate::error::Error;
use crate::ops::employment::{employ, employ_director};

/// Handles `organization.approved`.
#[derive(Debug, Clone)]
pub(crate) struct OrganizationApproved(pub(crate) Context);

#[async_trait]
impl Handler for OrganizationApproved {
    type Event = pb::OrganizationApprovedEvent;
    type Prepared = Hiring;

    async fn prepare(
        &self,
        event: &Received,
        message: pb::OrganizationApprovedEvent,
    ) -> Result<Hiring, HandlingError> {
        let OrganizationName { organization } = event.field("organization", &message.organization)?;
        let organization = event.within(organization)?;
        let PersonName { person: director } = event.field("director", &message.director)?;
        Ok(employ_director::prepare(&self.0, organization, director).await?)
    }

    async fn apply(&self, tx: &mut PgConnection, _: &Received, hiring: Hiring) -> Result<(), HandlingError> {
        match employ::apply(tx, &self.0, &hiring, SELF).await {
            // Nothing was written: the organization was closed meanwhile.
            Ok(_) | Err(Error::OrganizationClosed) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
