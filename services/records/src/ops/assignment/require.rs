//! A group requires other trainings of its learners.

use muster_ids::{OrganizationId, PersonId, TrainingId};
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::{EmploymentState, Requirement};
use crate::error::Error;
use crate::store::assignment::{self, AssignmentSpec, Why};
use crate::store::employment_projection::{self, Member};
use crate::store::{group_projection, training};

/// How many assignments one statement makes.
const BATCH_SIZE: usize = 5_000;

/// Takes in what a group requires, unless as much is known: its verified learners are assigned what is new, and what it requires no
/// more is cancelled where nothing else asks for it and it was not begun. Who is verified later is assigned it then.
///
/// # Errors
/// [`Error::TrainingsUnknown`]; the database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    organization: OrganizationId,
    requirement: &Requirement,
) -> Result<(), Error> {
    if !group_projection::learn(tx, organization, requirement).await? {
        return Ok(());
    }
    let learners = employment_projection::lock_members(tx, organization, requirement.group).await?;
    let verified = learners
        .iter()
        .filter(|(_, state)| *state == EmploymentState::Verified);
    let verified: Vec<Member> = verified.map(|&(member, _)| member).collect();
    of(tx, context, organization, requirement, &verified).await?;
    let persons: Vec<PersonId> = learners.iter().map(|(member, _)| member.person).collect();
    let Requirement { group, trainings, .. } = requirement;
    Ok(assignment::release_trainings(tx, organization, &persons, *group, trainings).await?)
}

/// Assigns to these learners what the group requires, if it takes learners: but for what is assigned to nobody anew.
///
/// # Errors
/// [`Error::TrainingsUnknown`]; the database's.
pub(super) async fn of(
    tx: &mut PgConnection,
    context: &Context,
    organization: OrganizationId,
    requirement: &Requirement,
    learners: &[Member],
) -> Result<(), Error> {
    let trainings = &requirement.assigned();
    if trainings.is_empty() || learners.is_empty() {
        return Ok(());
    }
    let found = training::find_all(tx, trainings).await?.len();
    if found < trainings.len() {
        return Err(Error::TrainingsUnknown(trainings.len() - found));
    }
    let now = context.clock.now();
    let why = Why::Group(requirement.group);
    for learners in learners.chunks((BATCH_SIZE / trainings.len()).max(1)) {
        let wanted = wanted(context, learners, trainings);
        let made = assignment::insert_missing(tx, organization, &wanted, &why, now).await?;
        if usize::try_from(made) != Ok(wanted.len()) {
            let persons: Vec<PersonId> = learners.iter().map(|learner| learner.person).collect();
            assignment::also_required(tx, organization, &persons, trainings, requirement.group).await?;
        }
    }
    Ok(())
}

/// Each of the trainings for each of the learners, in an order in which nobody waits in a circle.
pub(super) fn wanted(
    context: &Context,
    learners: &[Member],
    trainings: &[TrainingId],
) -> Vec<AssignmentSpec> {
    let mut trainings = trainings.to_vec();
    trainings.sort_unstable();
    let of = |&learner: &Member| {
        let wanted = |&training: &TrainingId| AssignmentSpec {
            learner,
            training,
            id: context.clock.new_id(),
        };
        trainings.iter().map(wanted).collect::<Vec<_>>()
    };
    learners.iter().flat_map(of).collect()
}
