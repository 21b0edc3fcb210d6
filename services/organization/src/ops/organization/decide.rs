//! Registry staff decide on a profile: give it back, refuse it, halt it, let it go on. Approving it is more: `approve`.

use muster_ids::{OrganizationId, PersonId};
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::{Organization, OrganizationState, ReturnReason, StaffAct, StaffAction};
use crate::error::Error;
use crate::ops::require_not_own;
use crate::store::{access_request, organization, staff_act};

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
    let action = verdict.action();
    match verdict.on(found) {
        Transition::Changed(mut decided) => {
            decided.decision_reason.clone_from(&decision.reason);
            staff_act::insert(tx, &decision.act(context, action)).await?;
            organization::update(tx, &decided).await?;
            if decided.state == OrganizationState::Suspended {
                // Who asked to be let in asks again when it goes on.
                access_request::expire_waiting(tx, decided.id, context.clock.now()).await?;
            }
            Ok(decided)
        }
        Transition::AlreadyDone(decided) => Ok(decided),
        Transition::Refused(state) => Err(Error::OrganizationState(state)),
    }
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
