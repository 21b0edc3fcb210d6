//! Whether a caller may, by the mode of the rule and the first message.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;
use muster_access::{MethodRule, Mode, ScopePath, Target};
use muster_identity::{Access, Caller, PersonCaller, Role};
use muster_ids::OrganizationId;
use muster_refusal::Refusal;

use super::deadline::Time;
use super::guard::{self, Guard};
use super::identify::Identified;
use super::observe::{Decision, Observation};
use super::remembered::{Admission, Call};
use super::standing::Standing;
use super::{Shared, refuse};
use crate::policy::Resource;

/// A call that may go on.
pub(super) struct Admitted {
    /// Who calls, as the service is told.
    pub(super) caller_token: HeaderValue,
    /// What all messages must keep to.
    pub(super) guard: Guard,
    /// What a stream's caller must not lose while it runs.
    pub(super) standing: Option<Standing>,
}

impl Shared {
    /// Finds out whether they may, unless that is known.
    pub(super) async fn admit(
        self: &Arc<Self>,
        rule: &'static MethodRule,
        who: Identified,
        first: Option<&Bytes>,
        time: &Time,
        observation: &mut Observation,
    ) -> Result<Admitted, Refusal> {
        let scope = scope_of(rule, first)?;
        let organization = scope.map(|(_, organization)| organization);
        let call = who.shown.as_ref().map(|(credential, _)| Call {
            method: &rule.path,
            credential: credential.clone(),
            organization,
            revision: self.parts.policies.revision(),
        });
        let remembered = call.as_ref().and_then(|call| self.remembered.admission(call));
        let admission = match remembered {
            Some(admission) => admission,
            None => {
                // In a box: it is large, and rarely needed.
                let role = Box::pin(self.role(&who.caller, organization, time)).await?;
                let caller = self.decide(rule, &who.caller, organization, role, observation)?;
                let admission = self.admission(rule, &caller, &who, observation)?;
                if let Some(call) = call {
                    self.remembered.admit(call, admission.clone());
                }
                admission
            }
        };
        observation.by_policies(admission.policies);
        observation.decided(Decision::Admitted);
        Ok(Admitted {
            caller_token: admission.caller_token,
            guard: scope.map_or_else(Guard::unscoped, |(path, organization)| {
                Guard::scoped(path, organization)
            }),
            standing: self.standing(rule, &who.caller, organization),
        })
    }

    /// The caller's role in the organization that the call is about.
    async fn role(
        &self,
        caller: &Caller,
        organization: Option<OrganizationId>,
        time: &Time,
    ) -> Result<Option<Role>, Refusal> {
        let (Some(person), Some(organization)) = (caller.person(), organization) else {
            return Ok(None);
        };
        let role = self.parts.roles.of(person.id, organization, time.left()).await;
        role.map_err(|status| {
            tracing::warn!(code = ?status.code(), "the organization service does not tell roles");
            Refusal::unavailable()
        })
    }

    /// The caller with the access that is granted for this call.
    fn decide(
        &self,
        rule: &'static MethodRule,
        caller: &Arc<Caller>,
        organization: Option<OrganizationId>,
        role: Option<Role>,
        observation: &mut Observation,
    ) -> Result<Arc<Caller>, Refusal> {
        let (permission, person) = match (&rule.mode, &**caller) {
            (Mode::Require { permission, .. }, Caller::Person(person)) => (permission, person),
            (Mode::Require { .. } | Mode::Internal { .. }, _) => return Err(Refusal::permission_denied()),
            _ => return Ok(Arc::clone(caller)),
        };
        let on = organization.map_or(Resource::Platform, Resource::Organization);
        let decided = self.parts.policies.decide(person, role, permission, on);
        observation.by_policies(decided.policies);
        if !decided.allowed {
            return Err(Refusal::permission_denied());
        }
        let access = Some(Access {
            permission: permission.clone(),
            organization,
            role,
        });
        let granted = PersonCaller {
            access,
            ..person.clone()
        };
        Ok(Arc::new(Caller::Person(granted)))
    }

    fn admission(
        &self,
        rule: &MethodRule,
        caller: &Caller,
        who: &Identified,
        observation: &Observation,
    ) -> Result<Admission, Refusal> {
        let signed = self.parts.signer.sign(caller, &rule.area, &rule.path);
        let text = signed.map_err(|_| Refusal::internal())?;
        // Not marked as sensitive: it is the same for a second, and the header table of a connection gives a value away
        // only to who guesses all of it (RFC 7541, section 7.1), the signature included.
        let caller_token = HeaderValue::try_from(text).map_err(|_| Refusal::internal())?;
        Ok(Admission {
            policies: observation.policies(),
            caller_token,
            until: who
                .shown
                .as_ref()
                .map_or_else(|| self.parts.clock.now(), |(_, until)| *until),
        })
    }

    /// Unary calls are over before anything could be lost.
    fn standing(
        self: &Arc<Self>,
        rule: &'static MethodRule,
        caller: &Caller,
        organization: Option<OrganizationId>,
    ) -> Option<Standing> {
        let streams = rule.client_streaming || rule.server_streaming;
        let (person, organization) = (caller.person().filter(|_| streams)?, organization?);
        match &rule.mode {
            Mode::Require { permission, .. } => Some(Standing::new(
                Arc::clone(self),
                person.clone(),
                organization,
                permission,
            )),
            _ => None,
        }
    }
}

/// The organization that the first message names, where the rule says. Whoever has no role there hears the same, whether
/// or not it exists, and so does whoever names none.
fn scope_of(
    rule: &'static MethodRule,
    first: Option<&Bytes>,
) -> Result<Option<(&'static ScopePath, OrganizationId)>, Refusal> {
    let Mode::Require {
        target: Target::Organization(path),
        ..
    } = &rule.mode
    else {
        return Ok(None);
    };
    let first = first.ok_or_else(refuse::bad_framing)?;
    let organization = guard::organization_in(path, first)?.ok_or_else(Refusal::permission_denied)?;
    Ok(Some((path, organization)))
}
