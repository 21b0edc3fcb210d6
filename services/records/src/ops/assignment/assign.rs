//! What follows from a verified employment: the trainings of the learner's groups.

use std::collections::BTreeMap;

use muster_ids::{GroupId, OrganizationId, PersonId, TrainingId};
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::{EmploymentState, ToldEmployment};
use crate::error::Error;
use crate::ops::learner::learn;
use crate::store::assignment::{self, Required};
use crate::store::training;

/// A verified employment, and what it asks of the learner.
#[derive(Debug, Clone)]
pub(crate) struct Verified {
    pub(crate) organization: OrganizationId,
    /// The learner.
    pub(crate) person: PersonId,
    /// The employment, as the event tells.
    pub(crate) employment: ToldEmployment,
    /// The trainings of its active groups, each with one group that requires it.
    pub(crate) trainings: BTreeMap<TrainingId, GroupId>,
}

/// What the groups of an employment require, as the organization service lists it now.
///
/// # Errors
/// Of a peer.
pub(crate) async fn prepare(
    context: &Context,
    organization: OrganizationId,
    person: PersonId,
    employment: ToldEmployment,
    groups: &[GroupId],
) -> Result<Verified, Error> {
    Ok(Verified {
        organization,
        person,
        employment,
        trainings: context.peers.trainings_of(organization, groups).await?,
    })
}

/// Takes in the employment and assigns what it asks for; tells how many assignments are new. The projection decides: when
/// something newer is known by which the employment is not verified any more, or is a former one, nothing is assigned.
///
/// # Errors
/// [`Error::TrainingsUnknown`]; the database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    verified: Verified,
) -> Result<u64, Error> {
    let Verified {
        organization,
        person,
        employment,
        trainings,
    } = verified;
    let now = context.clock.now();
    let known = learn::apply(tx, organization, person, employment, now).await?;
    let is_latest = known.employment == employment.projection.employment;
    if !is_latest || known.state != EmploymentState::Verified || trainings.is_empty() {
        return Ok(0);
    }
    let ids: Vec<TrainingId> = trainings.keys().copied().collect();
    let found = training::find_all(tx, &ids).await?.len();
    if found < ids.len() {
        return Err(Error::TrainingsUnknown(ids.len() - found));
    }
    let trainings = trainings
        .into_iter()
        .map(|(training, group)| (training, (group, context.clock.new_id())))
        .collect();
    let required = Required {
        person,
        organization,
        employment: known.employment,
        trainings,
    };
    Ok(assignment::insert_missing(tx, &required, now).await?)
}
