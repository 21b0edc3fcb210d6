//! An organization makes a group.

use muster_database::Insertion;
use muster_ids::{OrganizationId, TrainingId};
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::{Group, GroupState, MAX_GROUPS, ShortName};
use crate::error::Error;
use crate::ops::lock_open;
use crate::store::{catalog, group};

/// What an organization says of a group.
pub(crate) struct NewGroup {
    pub(crate) organization: OrganizationId,
    pub(crate) display_name: ShortName,
    pub(crate) trainings: Vec<TrainingId>,
}

/// Creates a group that takes learners at once.
pub(crate) async fn apply(tx: &mut PgConnection, context: &Context, new: NewGroup) -> Result<Group, Error> {
    lock_open(tx, new.organization).await?;
    let used = group::count(tx, new.organization).await?;
    if used >= MAX_GROUPS {
        return Err(Error::TooManyGroups { used });
    }
    let group = Group {
        organization: new.organization,
        id: context.clock.new_id(),
        display_name: new.display_name,
        trainings: new.trainings,
        inactive: Vec::new(),
        state: GroupState::Active,
        version: 1,
        create_time: context.clock.now(),
    };
    require_in_catalog(tx, &group, &[]).await?;
    match group::insert(tx, &group).await? {
        Insertion::Stored => Ok(group),
        Insertion::Exists => Err(Error::GroupNameTaken),
    }
}

/// A group requires only trainings of the organization's own catalog, and beside those that it has required, `kept`, only active ones.
pub(super) async fn require_in_catalog(
    tx: &mut PgConnection,
    group: &Group,
    kept: &[TrainingId],
) -> Result<(), Error> {
    let missing = catalog::find_missing(tx, group.organization, &group.trainings).await?;
    if !missing.is_empty() {
        return Err(Error::TrainingsNotInCatalog(missing));
    }
    let inactive = catalog::inactive_among(tx, group.organization, &group.trainings).await?;
    let places = group.trainings.iter().enumerate();
    let places: Vec<usize> = places
        .filter(|(_, training)| inactive.contains(training) && !kept.contains(training))
        .map(|(place, _)| place)
        .collect();
    if places.is_empty() {
        Ok(())
    } else {
        Err(Error::TrainingsInactive(places))
    }
}
