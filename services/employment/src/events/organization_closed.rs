//! `organization.closed`: nobody is employed there any more.

use async_trait::async_trait;
use muster_ids::OrganizationName;
use muster_messaging::{Handler, HandlingError, Received};
use muster_proto::organization::v1 as pb;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::Closing;
use crate::store::closing;

/// Handles `organization.closed`: writes it down, which keeps everybody from opening an employment there. The job ends those
/// that are open, a few at a time.
#[derive(Debug, Clone)]
pub(crate) struct OrganizationClosed(pub(crate) Context);

#[async_trait]
impl Handler for OrganizationClosed {
    type Event = pb::OrganizationClosedEvent;
    type Prepared = Closing;

    async fn prepare(
        &self,
        event: &Received,
        message: pb::OrganizationClosedEvent,
    ) -> Result<Closing, HandlingError> {
        let OrganizationName { organization } = event.field("organization", &message.organization)?;
        let organization = event.within(organization)?;
        let site = self.0.peers.site(organization, None).await?;
        Ok(Closing {
            organization,
            authority: site.map(|site| site.authority).unwrap_or_default(),
            actor: event.actor.clone(),
            time: event.time,
        })
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        _: &Received,
        closing: Closing,
    ) -> Result<(), HandlingError> {
        Ok(closing::insert(tx, &closing).await?)
    }
}
