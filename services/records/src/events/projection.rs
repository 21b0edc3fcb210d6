//! What is kept of employments: an organization's access to a record is gone with the projection that guards it, and with the
//! employment the consent, and what was assigned in it.

use async_trait::async_trait;
use muster_messaging::{EmploymentFacts, EmploymentWork, HandlingError, Received};
use muster_proto::employment::v1::EmploymentState;
use sqlx::PgConnection;

use super::employment_of;
use crate::context::Context;
use crate::ops::assignment::assign::{self, Verified};
use crate::ops::learner::learn;
use crate::store::grant;

/// Keeps the projection of employments, whichever event tells of them. Of one that is over, also when something newer is
/// known: a consent that was given before it ended does not come back with the next employment. One that is verified again is
/// assigned what its groups have come to require meanwhile.
#[derive(Debug, Clone)]
pub(crate) struct Projection(pub(crate) Context);

#[async_trait]
impl EmploymentWork for Projection {
    async fn apply(
        &self,
        tx: &mut PgConnection,
        event: &Received,
        facts: EmploymentFacts,
    ) -> Result<(), HandlingError> {
        if facts.state == EmploymentState::Verified {
            let verified = Verified {
                organization: facts.organization,
                person: facts.person,
                employment: employment_of(&facts)?,
                groups: facts.groups,
                told: Vec::new(),
            };
            assign::apply(tx, &self.0, verified).await?;
            return Ok(());
        }
        learn::apply(
            tx,
            facts.organization,
            facts.person,
            employment_of(&facts)?,
            event.time,
        )
        .await?;
        if matches!(facts.state, EmploymentState::Ended | EmploymentState::Withdrawn) {
            // What was given while this was on its way may have been given to a next employment, of which nothing has been heard yet.
            grant::lapse(tx, facts.person, facts.organization, event.time).await?;
        }
        Ok(())
    }
}
