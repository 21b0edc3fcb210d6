//! What the service does about what others publish. It publishes nothing yet.
//!
//! Consumes `employment.verified`: the projection learns of the employment, and the learner gets the trainings of their
//! groups, as the organization service lists them now. `employment.ended` and
//! `employment.changed`: the projection, by which access is gone or sleeps.

mod employment_verified;
mod projection;

use muster_messaging::{EmploymentFacts, HandlingError};

pub(crate) use employment_verified::EmploymentVerified;
pub(crate) use projection::Projection;

use crate::domain::EmploymentProjection;

/// What is kept of an employment.
fn projected(facts: &EmploymentFacts) -> Result<EmploymentProjection, HandlingError> {
    let unspecified = |_| HandlingError::Permanent("state is not said".to_owned());
    Ok(EmploymentProjection {
        employment: facts.employment,
        state: facts.state.try_into().map_err(unspecified)?,
        sequence: facts.sequence,
    })
}
