//! What follows from a verified employment: the trainings of the learner's groups.

use std::collections::BTreeMap;

use muster_clock::Clock;
use muster_database::DatabaseError;
use muster_ids::{AssignmentId, GroupId, OrganizationId, PersonId, TrainingId};
use sqlx::PgConnection;
use thiserror::Error;

use crate::domain::{EmploymentState, Standing};
use crate::store::assignments::{self, Required};
use crate::store::{projection, trainings};

/// A verified employment, and what it asks of the learner.
#[derive(Debug, Clone)]
pub(crate) struct Verified {
    /// The organization.
    pub(crate) organization: OrganizationId,
    /// The learner.
    pub(crate) person: PersonId,
    /// The employment, as the event tells.
    pub(crate) standing: Standing,
    /// The trainings of its active groups, each with one group that requires it.
    pub(crate) trainings: BTreeMap<TrainingId, GroupId>,
}

/// Why nothing was assigned.
#[derive(Debug, Error)]
pub(crate) enum AssignError {
    /// A group requires a training that the catalog does not have.
    #[error("the catalog lacks {0} of the trainings")]
    TrainingsUnknown(usize),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Takes in the event in the consumer's transaction. The projection decides: when something newer is known by which the
/// employment is not verified any more, nothing is assigned.
///
/// # Errors
/// See [`AssignError`].
pub(crate) async fn assign(
    tx: &mut PgConnection,
    clock: &Clock,
    verified: Verified,
) -> Result<(), AssignError> {
    let Verified {
        organization,
        person,
        standing,
        trainings,
    } = verified;
    let known = projection::learn(tx, organization, person, standing).await?;
    if known.state != EmploymentState::Verified || trainings.is_empty() {
        return Ok(());
    }
    let ids: Vec<TrainingId> = trainings.keys().copied().collect();
    let found = trainings::get_all(tx, &ids).await?.len();
    if found < ids.len() {
        return Err(AssignError::TrainingsUnknown(ids.len() - found));
    }
    let trainings = trainings
        .into_iter()
        .map(|(training, group)| (training, (group, AssignmentId::from_uuid(clock.new_uuid()))))
        .collect();
    assignments::assign_missing(
        tx,
        &Required {
            person,
            organization,
            trainings,
        },
        clock.now(),
    )
    .await?;
    Ok(())
}
