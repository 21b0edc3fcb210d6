//! What is consumed of employments: who is employed where, kept as a projection, and what follows for who may administer.

use async_trait::async_trait;
use muster_clock::Clock;
use muster_messaging::{EmploymentFacts, EmploymentWork, HandlingError, Received};
use sqlx::PgConnection;

use crate::domain::EmploymentNews;
use crate::ops::profile_user::follow_employment;
use crate::store::employment_projection;

/// Keeps the projection of employments, whichever event tells of them.
#[derive(Debug, Clone)]
pub(crate) struct Projection {
    pub(crate) clock: Clock,
}

#[async_trait]
impl EmploymentWork for Projection {
    async fn apply(
        &self,
        tx: &mut PgConnection,
        event: &Received,
        facts: EmploymentFacts,
    ) -> Result<(), HandlingError> {
        // What is older than what is known says nothing of access either: it may have been given since.
        if employment_projection::learn(tx, &facts, event.time).await? {
            follow_employment::apply(tx, news(&facts)?, self.clock.now()).await?;
        }
        Ok(())
    }
}

fn news(facts: &EmploymentFacts) -> Result<EmploymentNews, HandlingError> {
    let state = facts.state_word().parse();
    Ok(EmploymentNews {
        organization: facts.organization,
        person: facts.person,
        employment: facts.employment,
        state: state.map_err(|_| HandlingError::Permanent("state is not one that is known".to_owned()))?,
    })
}
