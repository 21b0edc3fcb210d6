//! What the service does about what others publish. It publishes nothing yet.
//!
//! Consumes `employment.verified`: the projection learns of the employment, and the learner gets the trainings of their
//! groups, as the organization service lists them now.

mod employment_verified;

pub(crate) use employment_verified::EmploymentVerified;
