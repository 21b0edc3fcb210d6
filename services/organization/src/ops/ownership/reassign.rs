//! Registry staff move an ownership that was lost.

use muster_ids::{OrganizationId, PersonId};
use muster_server::Failure;
use sqlx::PgConnection;

use super::{lapse, swap};
use crate::context::Context;
use crate::domain::{Missing, NoticedOwner, Organization, Owner, OwnershipNotice, StaffAct, StaffAction};
use crate::error::Error;
use crate::events;
use crate::ops::access_request::settle;
use crate::ops::require_not_own;
use crate::store::{access_mail, employment_projection, organization, profile_user, staff_act};

/// To whom, why, and who says so.
pub(crate) struct Reassignment {
    pub(crate) organization: OrganizationId,
    pub(crate) person: PersonId,
    /// Who moves it.
    pub(crate) by: PersonId,
    /// The same person, as the audit names them.
    pub(crate) actor: String,
    pub(crate) reason: String,
}

/// Moves it to somebody whom the organization knows and can write to: who may act there, who is verified there, or who has asked
/// to be let in and waits for an owner that is gone. Nothing of theirs happens here, as it does when an offer is accepted, so their
/// address has been told before. Who has it, and who had it, are to be mailed.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    reassignment: Reassignment,
) -> Result<Organization, Error> {
    let now = context.clock.now();
    let Reassignment {
        organization: id,
        person,
        by,
        actor,
        reason,
    } = reassignment;
    let profile = organization::lock(tx, id).await?.ok_or(Failure::NotFound)?;
    require_not_own(tx, &profile, by).await?;
    if person == by {
        return Err(Error::OwnProfile);
    }
    if profile.owner.person == person {
        return Ok(profile);
    }
    if !profile.state.takes_changes() {
        return Err(Error::OrganizationState(profile.state));
    }
    let act = StaffAct {
        organization: id,
        id: context.clock.new_uuid(),
        action: StaffAction::MoveOwnership,
        actor,
        reason,
        time: now,
    };
    staff_act::insert(tx, &act).await?;
    let user = profile_user::lock(tx, id, person).await?;
    let is_verified = employment_projection::is_verified(tx, id, person).await?;
    let asker = settle::apply(tx, id, person, by, now).await?;
    let may_act = user.as_ref().is_some_and(|user| user.role_at(now).is_some());
    if !may_act && !is_verified && asker.is_none() {
        let missing = user.map_or(Missing::ProfileUser, |_| Missing::Active);
        return Err(Error::SuccessorCannotAct(missing));
    }
    match &asker {
        Some(asker) => profile_user::put_address(tx, id, person, &asker.address, now).await?,
        None if profile_user::find_address(tx, id, person).await?.is_none() => {
            return Err(Error::SuccessorCannotAct(Missing::Address));
        }
        None => {}
    }
    let known = user.and_then(|user| user.display_name);
    let next = Owner {
        person,
        display_name: known.or_else(|| asker.and_then(|asker| asker.display_name)),
    };
    lapse::of_anybody(tx, id, now).await?;
    let former = profile.owner.person;
    let moved = swap::apply(tx, profile, next, now).await?;
    for (person, recipient) in [(person, NoticedOwner::Owner), (former, NoticedOwner::FormerOwner)] {
        let notice = OwnershipNotice {
            organization: id,
            id: context.clock.new_id(),
            person,
            recipient,
            move_time: now,
        };
        access_mail::insert_ownership_notice(tx, &notice).await?;
        events::ownership_moved(tx, context.clock.new_id(), &notice).await?;
    }
    Ok(moved)
}
