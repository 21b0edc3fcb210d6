//! What follows from a verified employment: the trainings of the learner's groups.

use muster_ids::{GroupId, OrganizationId, PersonId};
use sqlx::PgConnection;

use super::require;
use crate::context::Context;
use crate::domain::{EmploymentState, Requirement, ToldEmployment};
use crate::error::Error;
use crate::ops::learner::learn;
use crate::store::employment_projection::{self, Member};
use crate::store::{assignment, group_projection};

/// A verified employment, and what its groups ask of the learner.
#[derive(Debug, Clone)]
pub(crate) struct Verified {
    pub(crate) organization: OrganizationId,
    /// The learner.
    pub(crate) person: PersonId,
    /// The employment, as the event tells.
    pub(crate) employment: ToldEmployment,
    /// Its groups.
    pub(crate) groups: Vec<GroupId>,
    /// What the organization service says that they require, where it was asked.
    pub(crate) told: Vec<Requirement>,
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
    groups: Vec<GroupId>,
) -> Result<Verified, Error> {
    Ok(Verified {
        organization,
        person,
        employment,
        told: context.peers.requirements(organization, &groups).await?,
        groups,
    })
}

/// Takes in the employment and assigns what its groups ask for; what groups asked for that the learner has left is cancelled where it
/// was not begun. The projection decides: when something newer is known by which the employment is not verified any more, or is a
/// former one, nothing is assigned; and which groups count is what is known then. The groups are held before the employment is: what
/// they come to require meanwhile waits, and finds the learner in them.
///
/// # Errors
/// [`Error::TrainingsUnknown`]; the database's.
pub(crate) async fn apply(tx: &mut PgConnection, context: &Context, verified: Verified) -> Result<(), Error> {
    let Verified {
        organization,
        person,
        employment,
        groups,
        told,
    } = verified;
    let known = group_projection::find_all(tx, organization, &groups).await?;
    for told in &told {
        let is_known = |known: &Requirement| known.group == told.group && known.sequence >= told.sequence;
        if !known.iter().any(is_known) {
            group_projection::learn(tx, organization, told).await?;
        }
    }
    let required = group_projection::hold(tx, organization, &groups).await?;
    let (now, id) = (context.clock.now(), employment.projection.employment);
    let known = learn::apply(tx, organization, person, employment, now).await?;
    if known.employment != id || known.state != EmploymentState::Verified {
        return Ok(());
    }
    let Some(groups) = employment_projection::groups(tx, organization, person).await? else {
        return Ok(());
    };
    let learner = Member {
        person,
        employment: known.employment,
    };
    for requirement in required.iter().filter(|one| groups.contains(&one.group)) {
        require::of(tx, context, organization, requirement, &[learner]).await?;
        let Requirement { group, trainings, .. } = requirement;
        assignment::release_trainings(tx, organization, &[person], *group, trainings).await?;
    }
    Ok(assignment::release_groups(tx, organization, person, &groups).await?)
}
