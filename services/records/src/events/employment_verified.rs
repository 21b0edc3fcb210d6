//! `employment.verified`: the learner is assigned what their groups require.

use async_trait::async_trait;
use muster_messaging::{EmploymentFacts, Handler, HandlingError, Received};
use muster_proto::employment::v1 as pb;
use sqlx::PgConnection;

use super::employment_of;
use crate::context::Context;
use crate::ops::assignment::assign::{self, Verified};

/// Handles `employment.verified`.
#[derive(Debug, Clone)]
pub(crate) struct EmploymentVerified(pub(crate) Context);

#[async_trait]
impl Handler for EmploymentVerified {
    type Event = pb::EmploymentVerifiedEvent;
    type Prepared = Verified;

    async fn prepare(
        &self,
        event: &Received,
        message: pb::EmploymentVerifiedEvent,
    ) -> Result<Verified, HandlingError> {
        let facts = EmploymentFacts::read(event, message.facts)?;
        let employment = employment_of(&facts)?;
        Ok(assign::prepare(
            &self.0,
            facts.organization,
            facts.person,
            employment,
            facts.groups,
        )
        .await?)
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        _: &Received,
        verified: Verified,
    ) -> Result<(), HandlingError> {
        assign::apply(tx, &self.0, verified).await?;
        Ok(())
    }
}
