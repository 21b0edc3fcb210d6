//! Whether a caller may, by the mode of the rule and the first message.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;
use muster_access::{MethodRule, Mode, ScopePath, Target};
use muster_identity::{Access, Caller, PersonCaller, Role};
use muster_ids::OrganizationId;
use muster_refusal::Refusal;
use muster_telemetry::PolicyDecision;

use super::call::Call;
use super::call_cache::{self, Admission};
use super::identify::Identified;
use super::observe::Decision;
use super::refuse;
use super::scope_guard::{self, ScopeGuard};
use super::shared::Shared;
use super::stream_authorization::StreamAuthorization;
use crate::policy::Resource;

/// A call that may go on.
pub(super) struct Admitted {
    /// Who calls, as the service is told.
    pub(super) caller_token: HeaderValue,
    /// Checks the messages after the first.
    pub(super) guard: ScopeGuard,
    /// Whether the look is written down first: what is answered is personal, and the caller has no role there.
    pub(super) is_logged: bool,
    /// What a stream's caller must not lose while it runs.
    pub(super) authorization: Option<StreamAuthorization>,
}

impl Shared {
    /// Decides whether they may, unless that was decided a moment ago.
    pub(super) async fn admit(
        self: &Arc<Self>,
        call: &mut Call,
        who: Identified,
        first: Option<&Bytes>,
    ) -> Result<Admitted, Refusal> {
        let scope = scope_of(call.rule, first)?;
        let organization = scope.map(|(_, organization)| organization);
        let key = who.shown.as_ref().map(|(credential, _)| call_cache::Call {
            method: &call.rule.path,
            credential: credential.clone(),
            organization,
            revision: self.parts.policies.revision(),
        });
        let admission = match key.as_ref().and_then(|key| self.call_cache.admission(key)) {
            Some(admission) => admission,
            None => {
                // Boxed: this future is large and rarely needed.
                let role = Box::pin(self.role(call, &who.caller, organization)).await?;
                let (caller, asked) = self.decide(call, &who.caller, organization, role)?;
                let admission = self.admission(call, &caller, &who, asked)?;
                if let Some(key) = key {
                    self.call_cache.insert_admission(key, admission.clone());
                }
                admission
            }
        };
        call.observation.by_policies(admission.policies);
        call.observation.asked(admission.asked);
        call.observation.decided(Decision::Admitted);
        Ok(Admitted {
            caller_token: admission.caller_token,
            is_logged: admission.is_logged,
            guard: scope.map_or_else(ScopeGuard::unscoped, |(path, organization)| {
                ScopeGuard::scoped(path, organization)
            }),
            authorization: self.authorization(call.rule, &who, organization),
        })
    }

    /// The caller's role in the organization that the call is about.
    async fn role(
        &self,
        call: &Call,
        caller: &Caller,
        organization: Option<OrganizationId>,
    ) -> Result<Option<Role>, Refusal> {
        let (Some(person), Some(organization)) = (caller.person(), organization) else {
            return Ok(None);
        };
        let role = self
            .parts
            .roles
            .of(person.id, organization, call.time.left())
            .await;
        role.map_err(|status| {
            tracing::warn!(code = ?status.code(), "the organization service does not tell roles");
            Refusal::unavailable()
        })
    }

    /// The caller with the access that is granted for this call, and what policies were asked for that.
    fn decide(
        &self,
        call: &mut Call,
        caller: &Arc<Caller>,
        organization: Option<OrganizationId>,
        role: Option<Role>,
    ) -> Result<(Arc<Caller>, Option<PolicyDecision>), Refusal> {
        let (permission, person) = match (&call.rule.mode, &**caller) {
            (Mode::Require { permission, .. }, Caller::Person(person)) => (permission, person),
            (Mode::Require { .. } | Mode::Internal { .. }, _) => return Err(Refusal::permission_denied()),
            _ => return Ok((Arc::clone(caller), None)),
        };
        let on = organization.map_or(Resource::Platform, Resource::Organization);
        let decided = self.parts.policies.decide(person, role, permission, on);
        call.observation.by_policies(decided.policies);
        let asked = Some(PolicyDecision {
            role: role.map_or("", Role::as_str),
            staff: person.staff,
            organization: organization.map(OrganizationId::as_uuid),
            permitted: decided.allowed,
        });
        call.observation.asked(asked);
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
        Ok((Arc::new(Caller::Person(granted)), asked))
    }

    fn admission(
        &self,
        call: &Call,
        caller: &Caller,
        who: &Identified,
        asked: Option<PolicyDecision>,
    ) -> Result<Admission, Refusal> {
        let signed = self.parts.signer.sign(caller, &call.rule.area, &call.rule.path);
        let text = signed.map_err(|_| Refusal::internal())?;
        // Not marked as sensitive: it is the same for a second, and the header table of a connection gives a value away
        // only to who guesses all of it (RFC 7541, section 7.1), the signature included.
        let caller_token = HeaderValue::try_from(text).map_err(|_| Refusal::internal())?;
        Ok(Admission {
            policies: call.observation.policies(),
            asked,
            caller_token,
            is_logged: call.rule.reason_of_staff && caller.organization_role().is_none(),
            until: who
                .shown
                .as_ref()
                .map_or_else(|| self.parts.clock.now(), |(_, until)| *until),
        })
    }

    /// Unary calls are over before anything could be lost; a file ends by itself, and need not end with the token.
    fn authorization(
        self: &Arc<Self>,
        rule: &'static MethodRule,
        who: &Identified,
        organization: Option<OrganizationId>,
    ) -> Option<StreamAuthorization> {
        let streams = rule.client_streaming || rule.server_streaming;
        let person = who.caller.person().filter(|_| streams)?;
        let required = match &rule.mode {
            Mode::Require { permission, .. } => {
                organization.map(|organization| (organization, &**permission))
            }
            _ => None,
        };
        let until = who.shown.as_ref().filter(|_| rule.is_watch);
        let until = until.map(|(_, until)| *until);
        (required.is_some() || until.is_some())
            .then(|| StreamAuthorization::new(Arc::clone(self), person.clone(), required, until))
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
    let organization = scope_guard::organization_in(path, first)?.ok_or_else(Refusal::permission_denied)?;
    Ok(Some((path, organization)))
}
