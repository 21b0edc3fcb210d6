//! Registry staff decide on a profile: give it back, refuse it, halt it, let it go on. Approving it is more: `approve`.

use muster_ids::{OrganizationId, PersonId};
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::{Organization, OrganizationState, ReturnReason, StaffAct, StaffAction, SuspensionNotice};
use crate::error::Error;
use crate::events;
use crate::ops::require_not_own;
use crate::store::{access_mail, access_request, organization, staff_act};

/// Of which profile, who decides, and why.
pub(crate) struct Decision {
    pub(crate) organization: OrganizationId,
    /// Who decides.
    pub(crate) by: PersonId,
    /// The same person, as events and the audit name them.
    pub(crate) actor: String,
    /// For the audit and for the owner.
    pub(crate) reason: String,
}

/// What is decided.
pub(crate) enum Verdict {
    Return(Vec<ReturnReason>),
    Reject,
    Suspend,
    Reinstate,
}

/// Carries a decision out, and writes it into the audit; one that was taken before is answered as it is, and the first reason
/// stays.
///
/// # Errors
/// [`Failure::NotFound`], [`Error::OwnProfile`], [`Error::OrganizationState`]; the database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    decision: Decision,
    verdict: Verdict,
) -> Result<Organization, Error> {
    let found = organization::lock(tx, decision.organization).await?;
    let found = found.ok_or(Failure::NotFound)?;
    require_not_own(tx, &found, decision.by).await?;
    let (action, is_over) = (verdict.action(), verdict.ends_suspension());
    match verdict.on(found) {
        Transition::Changed(mut decided) => {
            decided.decision_reason.clone_from(&decision.reason);
            staff_act::insert(tx, &decision.act(context, action)).await?;
            organization::update(tx, &decided).await?;
            if decided.state == OrganizationState::Suspended {
                // Who asked to be let in asks again when it goes on.
                access_request::expire_waiting(tx, decided.id, context.clock.now()).await?;
            }
            if let Some(is_over) = is_over {
                tell_owner(tx, context, &decided, is_over).await?;
            }
            Ok(decided)
        }
        Transition::AlreadyDone(decided) => Ok(decided),
        Transition::Refused(state) => Err(Error::OrganizationState(state)),
    }
}

/// Asks for a mail to the owner, in the transaction of the act.
async fn tell_owner(
    tx: &mut PgConnection,
    context: &Context,
    decided: &Organization,
    is_over: bool,
) -> Result<(), Error> {
    let notice = SuspensionNotice {
        organization: decided.id,
        id: context.clock.new_id(),
        version: decided.version,
        is_over,
        act_time: context.clock.now(),
    };
    access_mail::insert_suspension_notice(tx, &notice).await?;
    Ok(events::suspension(tx, context.clock.new_id(), &notice).await?)
}

impl Verdict {
    fn on(self, profile: Organization) -> Transition<Organization, OrganizationState> {
        match self {
            Self::Return(reasons) => profile.give_back(reasons),
            Self::Reject => profile.reject(),
            Self::Suspend => profile.suspend(),
            Self::Reinstate => profile.reinstate(),
        }
    }

    /// Whether it ends a suspension, or begins one; `None`: neither.
    fn ends_suspension(&self) -> Option<bool> {
        match self {
            Self::Suspend => Some(false),
            Self::Reinstate => Some(true),
            Self::Return(_) | Self::Reject => None,
        }
    }

    fn action(&self) -> StaffAction {
        match self {
            Self::Return(_) => StaffAction::ReturnOrganization,
            Self::Reject => StaffAction::RejectOrganization,
            Self::Suspend => StaffAction::SuspendOrganization,
            Self::Reinstate => StaffAction::ReinstateOrganization,
        }
    }
}

impl Decision {
    /// For the audit.
    pub(super) fn act(self, context: &Context, action: StaffAction) -> StaffAct {
        StaffAct {
            organization: self.organization,
            id: context.clock.new_uuid(),
            action,
            actor: self.actor,
            reason: self.reason,
            time: context.clock.now(),
        }
    }
}
