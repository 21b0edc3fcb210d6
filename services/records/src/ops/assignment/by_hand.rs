//! An organization assigns a training by hand: to a learner, or to everybody who is in a group.

use muster_ids::{GroupId, OrganizationId, PersonId, TrainingId};
use muster_server::Failure;
use sqlx::PgConnection;
use time::Date;

use super::require::wanted;
use crate::context::Context;
use crate::domain::{Assignment, Due};
use crate::error::Error;
use crate::ops::learner::{know, place};
use crate::store::assignment::{self, Why};
use crate::store::employment_projection::{self, Member};
use crate::store::training;

/// How many assignments one statement makes.
const BATCH_SIZE: usize = 5_000;

/// What an organization wants to be taken.
#[derive(Debug, Clone)]
pub(crate) struct ByHand {
    pub(crate) organization: OrganizationId,
    pub(crate) whom: Whom,
    pub(crate) training: TrainingId,
    /// The last day on which it is done in time.
    pub(crate) due_date: Option<Date>,
}

/// By whom.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Whom {
    Learner(PersonId),
    /// Everybody who is in it.
    Group(GroupId),
}

/// What became of a training that was assigned to a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// How many are assigned it anew.
    pub(crate) assigned: u64,
    /// How many had to take it already.
    pub(crate) kept: u64,
    /// How many have completed it.
    pub(crate) completed: u64,
}

/// Asks whether the organization has the training, and the group; when its days end; and who its learners are, of whom no event
/// has told.
///
/// # Errors
/// [`Failure::NotFound`]; [`Error::OrganizationState`]; [`Error::TrainingNotInCatalog`]; [`Error::TrainingInactive`]; [`Error::DueDate`]; of a peer; the database's.
pub(crate) async fn prepare(context: &Context, wish: &ByHand) -> Result<Option<Due>, Error> {
    let ByHand {
        organization,
        whom,
        training,
        due_date,
    } = wish;
    let group = match whom {
        Whom::Learner(person) => {
            know::prepare(context, *organization, *person).await?;
            None
        }
        Whom::Group(group) => {
            place::prepare(context, *organization).await?;
            Some(*group)
        }
    };
    let asked = context.peers.assigning(*organization, *training, group).await?;
    let asked = asked.ok_or(Failure::NotFound)?;
    if group.is_some() && !asked.has_group {
        return Err(Failure::NotFound.into());
    }
    // Who is no learner is told so before anything is said of the catalog, as everywhere.
    if let Whom::Learner(person) = whom {
        let find = async |db: &mut _| employment_projection::find(db, *organization, *person).await;
        let known = context.database.read(find).await?;
        known
            .filter(|known| known.state.is_open())
            .ok_or(Failure::NotFound)?;
    }
    // Also while the ends of the employments there are on their way.
    if let Some(state) = asked.is_over {
        return Err(Error::OrganizationState(state));
    }
    if !asked.has_training {
        return Err(Error::TrainingNotInCatalog);
    }
    if asked.is_training_inactive {
        return Err(Error::TrainingInactive);
    }
    due_date
        .map(|date| due(context, &asked.authority, date, group))
        .transpose()
}

/// A day that is not over yet, where the organization is.
fn due(context: &Context, authority: &str, date: Date, group: Option<GroupId>) -> Result<Due, Error> {
    let zones = &context.time_zones;
    let end = zones.end_of(authority, date);
    let end = end
        .filter(|&end| end > context.clock.now())
        .ok_or_else(|| Error::DueDate {
            today: zones.today(authority, context.clock.now()),
            zone: zones.name_of(authority),
        })?;
    Ok(Due {
        date,
        zone: zones.name_of(authority),
        end,
        group,
    })
}

/// Assigns it to the learner, and answers what they have to take, or have taken, of it.
///
/// # Errors
/// [`Failure::NotFound`]; [`Error::TrainingsUnknown`]; the database's.
pub(crate) async fn to_learner(
    tx: &mut PgConnection,
    context: &Context,
    wish: &ByHand,
    learner: PersonId,
    due: Option<Due>,
) -> Result<Assignment, Error> {
    let ByHand {
        organization,
        training,
        ..
    } = *wish;
    let employment = employment_projection::lock(tx, organization, learner).await?;
    let employment = employment.filter(|employment| employment.state.is_open());
    let member = Member {
        person: learner,
        employment: employment.ok_or(Failure::NotFound)?.employment,
    };
    assign(tx, context, wish, &[member], due).await?;
    let standing = assignment::find_standing(tx, organization, learner, training).await?;
    Ok(standing.ok_or(Failure::Contended)?)
}

/// Assigns it to everybody who is known to be in the group.
///
/// # Errors
/// [`Error::TrainingsUnknown`]; the database's.
pub(crate) async fn to_group(
    tx: &mut PgConnection,
    context: &Context,
    wish: &ByHand,
    group: GroupId,
    due: Option<Due>,
) -> Result<Counts, Error> {
    let learners = employment_projection::lock_members(tx, wish.organization, group).await?;
    let learners: Vec<Member> = learners.into_iter().map(|(member, _)| member).collect();
    assign(tx, context, wish, &learners, due).await
}

/// The employments of the learners are locked.
async fn assign(
    tx: &mut PgConnection,
    context: &Context,
    wish: &ByHand,
    learners: &[Member],
    due: Option<Due>,
) -> Result<Counts, Error> {
    let ByHand {
        organization,
        whom,
        training,
        ..
    } = *wish;
    if training::find_all(tx, &[training]).await?.is_empty() {
        return Err(Error::TrainingsUnknown(1));
    }
    let (now, mut counts) = (context.clock.now(), Counts::default());
    let why = Why::ByHand { due: due.clone() };
    let group = match whom {
        Whom::Learner(_) => None,
        Whom::Group(group) => Some(group),
    };
    for learners in learners.chunks(BATCH_SIZE) {
        let persons: Vec<PersonId> = learners.iter().map(|learner| learner.person).collect();
        let due = due.as_ref();
        let kept = assignment::also_by_hand(tx, organization, &persons, training, group, due).await?;
        let wanted = wanted(context, learners, &[training]);
        let assigned = assignment::insert_missing(tx, organization, &wanted, &why, now).await?;
        counts.assigned += assigned;
        counts.kept += kept;
        counts.completed += (persons.len() as u64).saturating_sub(assigned + kept);
    }
    Ok(counts)
}
