//! What the service does about what others publish. It publishes nothing yet.
//!
//! Consumes `employment.verified`: the projection learns of the employment, and the learner gets the trainings of their
//! groups, as the organization service lists them now. `employment.ended` and
//! `employment.changed`: the projection, by which access is gone or sleeps, the consent that was given to a former employment, and what was
//! assigned in one that is over. `employment.restored`: what was assigned is there again, and what the learner's groups have come to
//! require meanwhile. `group.changed`: the learners of a group get what it newly requires, and what it requires no more is cancelled.

mod employment_verified;
mod group_changed;
mod projection;

use muster_messaging::{self as messaging, EmploymentFacts, HandlingError};

pub(crate) use employment_verified::EmploymentVerified;
pub(crate) use group_changed::GroupChanged;
pub(crate) use projection::Projection;

use crate::domain::{ClaimedConsent, EmploymentProjection, Placement, Terms, ToldEmployment};

/// What is kept of an employment.
fn employment_of(facts: &EmploymentFacts) -> Result<ToldEmployment, HandlingError> {
    let unspecified = |_| HandlingError::Permanent("state is not said".to_owned());
    Ok(ToldEmployment {
        projection: EmploymentProjection {
            employment: facts.employment,
            state: facts.state.try_into().map_err(unspecified)?,
            sequence: facts.sequence,
        },
        create_time: facts.create_time,
        placement: Some(Placement {
            groups: facts.groups.clone(),
            location: facts.location,
        }),
        consent: facts.consent.clone().map(Into::into),
    })
}

impl From<messaging::ClaimedConsent> for ClaimedConsent {
    fn from(told: messaging::ClaimedConsent) -> Self {
        Self {
            grant: told.grant,
            time: told.time,
            terms: Terms {
                expire_time: told.expire_time,
                wording: told.wording,
            },
        }
    }
}
