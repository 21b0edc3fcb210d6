//! `organization.closed`: nobody is employed there any more.

use async_trait::async_trait;
use muster_ids::{OrganizationId, OrganizationName};
use muster_messaging::{Handler, HandlingError, Received};
use muster_proto::organization::v1 as pb;
use sqlx::PgConnection;

use crate::domain::Closing;
use crate::store::closing;

/// Handles `organization.closed`: writes it down, which keeps everybody from opening an employment there. The job ends those
/// that are open, a few at a time.
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
        let closing = Closing {
            organization,
            actor: event.actor.clone(),
            time: event.time,
        };
        Ok(closing::insert(tx, &closing).await?)
    }
}
