//! Noting in the list of learners where an employment stands.

use muster_database::DatabaseError;
use muster_messaging::EmploymentFacts;
use muster_proto::employment::v1::EmploymentState;
use muster_server::Failure;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::context::Context;
use crate::domain::learner::Employment;
use crate::store::learner::{self, is_named};

/// An employment, and the name of the person, where it had to be asked for.
#[derive(Debug)]
pub(crate) struct Employee {
    employment: Employment,
    display_name: Option<String>,
}

impl Employee {
    /// Whose name is known.
    pub(crate) fn named(employment: Employment, display_name: String) -> Self {
        Self {
            employment,
            display_name: Some(display_name),
        }
    }
}

/// What the list of learners takes in of facts that were told at this time.
pub(crate) fn employment(facts: &EmploymentFacts, told: OffsetDateTime) -> Employment {
    let is_verified = facts.state == EmploymentState::Verified;
    let is_over = facts.state == EmploymentState::Ended;
    Employment {
        organization: facts.organization,
        person: facts.person,
        id: facts.employment,
        sequence: facts.sequence,
        is_open: is_verified || facts.state == EmploymentState::PendingVerification,
        // Only what was verified ends; versions that did not tell more tell at least that.
        was_verified: facts.was_verified || is_verified || is_over,
        groups: facts.groups.clone(),
        location: facts.location,
        create_time: facts.create_time.unwrap_or(told),
    }
}

/// Asks what a learner is called whose name is not known: nobody invited them, or they accepted without one.
///
/// # Errors
/// Of a peer; the database's.
pub(crate) async fn prepare(context: &Context, employment: Employment) -> Result<Employee, Failure> {
    let Employment {
        organization, person, ..
    } = employment;
    let mut display_name = None;
    if employment.is_employed() {
        let looking = async |c: &mut PgConnection| is_named(c, organization, person).await;
        if !context.database.read(looking).await? {
            display_name = context.employees.display_name(organization, person).await?;
        }
    }
    Ok(Employee {
        employment,
        display_name,
    })
}

/// Whether something newer is known of the employment: then it says nothing any more of what the person had accepted.
///
/// # Errors
/// The database's.
pub(crate) async fn is_outdated(tx: &mut PgConnection, employee: &Employee) -> Result<bool, DatabaseError> {
    learner::is_outdated(tx, &employee.employment).await
}

/// Notes it, unless something newer is known.
///
/// # Errors
/// The database's.
pub(crate) async fn apply(tx: &mut PgConnection, employee: &Employee) -> Result<(), DatabaseError> {
    let Employee {
        employment,
        display_name,
    } = employee;
    if employment.was_verified {
        learner::employ(tx, employment, display_name.as_deref().unwrap_or_default()).await?;
    } else {
        learner::note_claim(tx, employment).await?;
    }
    if employment.is_employed() {
        Ok(())
    } else {
        learner::settle(tx, employment.organization, employment.person).await
    }
}
