//! An organization takes back what it assigned by hand.

use muster_ids::LearnerAssignmentName;
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;

use crate::domain::{Assignment, NotTakenBack};
use crate::error::Error;
use crate::store::{assignment, employment_projection};

/// Takes it back; what is cancelled already is answered as it is.
///
/// # Errors
/// [`Failure::NotFound`], also when the person is no learner there; [`Error::AssignmentBegun`]; [`Error::AssignmentRequired`]; the
/// database's.
pub(crate) async fn apply(tx: &mut PgConnection, name: LearnerAssignmentName) -> Result<Assignment, Error> {
    let LearnerAssignmentName {
        organization,
        person,
        assignment,
    } = name;
    let employment = employment_projection::lock(tx, organization, person).await?;
    employment
        .filter(|employment| employment.state.is_open())
        .ok_or(Failure::NotFound)?;
    let locked = assignment::lock_of_organization(tx, organization, person, assignment).await?;
    match locked.ok_or(Failure::NotFound)?.take_back() {
        Transition::Changed(changed) => {
            assignment::take_back(tx, &changed).await?;
            Ok(changed)
        }
        Transition::AlreadyDone(same) => Ok(same),
        Transition::Refused(NotTakenBack::Begun) => Err(Error::AssignmentBegun),
        Transition::Refused(NotTakenBack::Required) => Err(Error::AssignmentRequired),
    }
}
