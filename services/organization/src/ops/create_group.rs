//! An organization makes a group.

use muster_database::idempotency::{self, Key};
use muster_ids::{GroupId, OrganizationId, TrainingId};

use super::{Answer, Desk, hold_open};
use crate::domain::{Group, GroupState, MOST_GROUPS, ShortName};
use crate::error::Error;
use crate::store::{catalog, groups};

/// What an organization says of a group.
pub(crate) struct NewGroup {
    pub(crate) organization: OrganizationId,
    pub(crate) display_name: ShortName,
    pub(crate) trainings: Vec<TrainingId>,
}

/// Creates a group that takes learners at once.
pub(crate) async fn create_group<A: Answer<Group>>(desk: &Desk, key: Key, new: NewGroup) -> Result<A, Error> {
    let group = Group {
        organization: new.organization,
        id: GroupId::from_uuid(desk.clock.new_uuid()),
        display_name: new.display_name,
        trainings: new.trainings,
        state: GroupState::Active,
        version: 1,
        created: desk.clock.now(),
    };
    idempotency::run(&desk.database, key, group.created, move |tx| {
        Box::pin(async move {
            hold_open(tx, group.organization).await?;
            let used = groups::count(tx, group.organization).await?;
            if used >= MOST_GROUPS {
                return Err(Error::TooManyGroups { used });
            }
            let missing = catalog::missing(tx, group.organization, &group.trainings).await?;
            if !missing.is_empty() {
                return Err(Error::TrainingsNotInCatalog(missing));
            }
            groups::insert(tx, &group).await?;
            Ok(A::from(group))
        })
    })
    .await
    .map_err(|error: Error| error.or_taken(groups::NAME_TAKEN, Error::GroupNameTaken))
}
