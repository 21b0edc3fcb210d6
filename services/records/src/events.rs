//! What the service does about what others publish. It publishes nothing yet.
//!
//! Consumes `employment.verified`: the projection learns of the employment, and the learner gets the trainings of their
//! groups, as the organization service lists them now.

use async_trait::async_trait;
use muster_clock::Clock;
use muster_ids::{EmploymentName, GroupId, GroupName, PersonName};
use muster_messaging::{Handler, HandlingError, Received};
use muster_proto::employment::v1::EmploymentVerifiedEvent;
use sqlx::PgConnection;

use crate::domain::{EmploymentState, Standing};
use crate::ops::{self, AssignError, Verified};
use crate::peers::Peers;

/// The work that follows from the events of the service's queue.
#[derive(Debug, Clone)]
pub(crate) struct Employments {
    pub(crate) peers: Peers,
    pub(crate) clock: Clock,
}

#[async_trait]
impl Handler for Employments {
    /// `None` only where nothing was prepared.
    type Prepared = Option<Verified>;

    async fn prepare(&self, event: &Received) -> Result<Option<Verified>, HandlingError> {
        let message: EmploymentVerifiedEvent = event.decode()?;
        let employment: EmploymentName = field("employment", &message.employment)?;
        let PersonName { person } = field("person", &message.person)?;
        let groups = groups(event, &message)?;
        if employment.organization != event.organization {
            return Err(foreign());
        }
        let standing = Standing {
            employment: employment.employment,
            state: EmploymentState::Verified,
            sequence: event.sequence,
        };
        let trainings = self.peers.trainings_of(event.organization, &groups).await?;
        Ok(Some(Verified {
            organization: event.organization,
            person,
            standing,
            trainings,
        }))
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        event: &Received,
        verified: Option<Verified>,
    ) -> Result<(), HandlingError> {
        let Some(verified) = verified else {
            return Err(HandlingError::Permanent(format!(
                "{} was not prepared",
                event.event_type
            )));
        };
        ops::assign(tx, &self.clock, verified)
            .await
            .map_err(|error| match error {
                AssignError::TrainingsUnknown(_) => HandlingError::Permanent(error.to_string()),
                AssignError::Database(error) => error.into(),
            })
    }
}

/// Reads a field of an event; what cannot be read now cannot be read later.
fn field<T: std::str::FromStr>(name: &str, text: &str) -> Result<T, HandlingError> {
    text.parse()
        .map_err(|_| HandlingError::Permanent(format!("{name} is not the name it should be")))
}

fn groups(event: &Received, message: &EmploymentVerifiedEvent) -> Result<Vec<GroupId>, HandlingError> {
    let own = |text: &String| {
        let name: GroupName = field("groups", text)?;
        if name.organization == event.organization {
            Ok(name.group)
        } else {
            Err(foreign())
        }
    };
    message.groups.iter().map(own).collect()
}

/// An event tells of its own organization only.
fn foreign() -> HandlingError {
    HandlingError::Permanent("the event names another organization".to_owned())
}
