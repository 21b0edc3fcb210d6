//! What the service does about what others publish. It publishes nothing yet.
//!
//! Consumes `employment.verified`: the projection learns of the employment, and the learner gets the trainings of their
//! groups, as the organization service lists them now.

use async_trait::async_trait;
use muster_clock::Clock;
use muster_messaging::{EmploymentFacts, Handler, HandlingError, Received};
use muster_proto::employment::v1::EmploymentVerifiedEvent;
use sqlx::PgConnection;

use crate::domain::Standing;
use crate::ops::{self, AssignError, Verified};
use crate::peers::Peers;

/// Handles `employment.verified`.
#[derive(Debug, Clone)]
pub(crate) struct EmploymentVerified {
    pub(crate) peers: Peers,
    pub(crate) clock: Clock,
}

#[async_trait]
impl Handler for EmploymentVerified {
    type Event = EmploymentVerifiedEvent;
    type Prepared = Verified;

    async fn prepare(
        &self,
        event: &Received,
        message: EmploymentVerifiedEvent,
    ) -> Result<Verified, HandlingError> {
        let facts = EmploymentFacts::read(event, message.facts)?;
        let standing = Standing {
            employment: facts.employment,
            state: facts.state_word().parse().map_err(|_| unknown_state())?,
            sequence: facts.sequence,
        };
        let trainings = self.peers.trainings_of(facts.organization, &facts.groups).await?;
        Ok(Verified {
            organization: facts.organization,
            person: facts.person,
            standing,
            trainings,
        })
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        _: &Received,
        verified: Verified,
    ) -> Result<(), HandlingError> {
        ops::assign(tx, &self.clock, verified)
            .await
            .map_err(|error| match error {
                AssignError::TrainingsUnknown(_) => HandlingError::Permanent(error.to_string()),
                AssignError::Database(error) => error.into(),
            })
    }
}

fn unknown_state() -> HandlingError {
    HandlingError::Permanent("state is not one that is known".to_owned())
}
