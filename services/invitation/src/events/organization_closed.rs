//! `organization.closed`: nobody is invited there any more.

use async_trait::async_trait;
use muster_ids::{OrganizationId, OrganizationName};
use muster_messaging::{Handler, HandlingError, Received};
use muster_proto::organization::v1 as pb;
use sqlx::PgConnection;

use crate::store::closing;

/// Handles `organization.closed`: writes it down, which keeps everybody from inviting. The job ends what is open, a little at
/// a time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OrganizationClosed;

#[async_trait]
impl Handler for OrganizationClosed {
    type Event = pb::OrganizationClosedEvent;
    type Prepared = OrganizationId;

    async fn prepare(
        &self,
        event: &Received,
        message: pb::OrganizationClosedEvent,
    ) -> Result<OrganizationId, HandlingError> {
        let OrganizationName { organization } = event.field("organization", &message.organization)?;
        event.within(organization)
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        event: &Received,
        organization: OrganizationId,
    ) -> Result<(), HandlingError> {
        Ok(closing::insert(tx, organization, event.time).await?)
    }
}
