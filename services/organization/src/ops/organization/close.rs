//! An organization is closed, for good.

use muster_ids::PersonId;
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;

use super::decide::Decision;
use crate::context::Context;
use crate::domain::{Organization, StaffAction};
use crate::error::Error;
use crate::events;
use crate::ops::lock_owned;
use crate::ops::ownership::lapse;
use crate::store::{
    access_request, join_page, license_number, organization, profile_user, review, staff_act,
};

/// Which profile, why, and who closes it.
pub(crate) struct Closing {
    pub(crate) decision: Decision,
    /// `None`: registry staff do.
    pub(crate) owner: Option<PersonId>,
}

/// Closes it, and publishes that: what others keep of it ends with the event. Here ends everybody's access but the owner's,
/// with what waits for a decision of theirs. One that is closed is answered as it is.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    closing: Closing,
) -> Result<Organization, Error> {
    let Closing { decision, owner } = closing;
    let found = match owner {
        Some(by) => lock_owned(tx, decision.organization, by).await?,
        None => organization::lock(tx, decision.organization)
            .await?
            .ok_or(Failure::NotFound)?,
    };
    let now = context.clock.now();
    match found.close(now) {
        Transition::Changed(mut closed) => {
            closed.decision_reason.clone_from(&decision.reason);
            let actor = decision.actor.clone();
            if owner.is_none() {
                staff_act::insert(tx, &decision.act(context, StaffAction::CloseOrganization)).await?;
            }
            organization::update(tx, &closed).await?;
            license_number::end(tx, closed.id, now).await?;
            join_page::close(tx, closed.id, now).await?;
            review::disarm(tx, closed.id).await?;
            end_access(tx, &closed, now).await?;
            events::organization_closed(tx, context.clock.new_id(), &closed, actor, now).await?;
            Ok(closed)
        }
        Transition::AlreadyDone(closed) => Ok(closed),
        Transition::Refused(never) => match never {},
    }
}

/// Profile users first: news of an employment locks them before an offer, too.
async fn end_access(
    tx: &mut PgConnection,
    closed: &Organization,
    now: time::OffsetDateTime,
) -> Result<(), Error> {
    profile_user::delete_all(tx, closed.id, closed.owner.person).await?;
    lapse::of_anybody(tx, closed.id, now).await?;
    access_request::expire_waiting(tx, closed.id, now).await?;
    Ok(())
}
