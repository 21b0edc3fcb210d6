//! Whether a caller may, by the mode of the rule and the first message.

use std::sync::Arc;

use bytes::Bytes;
use muster_access::{MethodRule, Mode, ScopePath, Target};
use muster_identity::{Access, Caller, PersonCaller, Role};
use muster_refusal::Refusal;

use super::deadline::Time;
use super::guard::{self, Guard};
use super::observe::{Decision, Observation};
use super::standing::Standing;
use super::{Shared, refuse};
use crate::policy::Resource;

/// A call that may go on.
pub(super) struct Admitted {
    /// Who calls, as the service will be told.
    pub(super) caller: Caller,
    /// What all messages must keep to.
    pub(super) guard: Guard,
    /// What a stream's caller must not lose while it runs.
    pub(super) standing: Option<Standing>,
}

impl Shared {
    /// Finds out whether they may.
    pub(super) async fn admit(
        self: &Arc<Self>,
        rule: &'static MethodRule,
        caller: Caller,
        first: Option<&Bytes>,
        time: &Time,
        observation: &mut Observation,
    ) -> Result<Admitted, Refusal> {
        let unscoped = |caller| Admitted {
            caller,
            guard: Guard::unscoped(),
            standing: None,
        };
        let mut admitted = match (&rule.mode, caller) {
            (Mode::Require { permission, target }, Caller::Person(person)) => match target {
                Target::Platform => {
                    let person = self.permit(person, None, permission, Resource::Platform, observation)?;
                    unscoped(Caller::Person(person))
                }
                Target::Organization(path) => {
                    let scope = (permission.as_str(), path);
                    self.admit_to_organization(person, first, scope, time, observation)
                        .await?
                }
            },
            (Mode::Require { .. } | Mode::Internal { .. }, _) => return Err(Refusal::permission_denied()),
            (_, caller) => unscoped(caller),
        };
        if !(rule.client_streaming || rule.server_streaming) {
            // Over before anything could be lost.
            admitted.standing = None;
        }
        observation.decided(Decision::Admitted);
        Ok(admitted)
    }

    /// The first message must be there to know the organization. Whoever has no role there hears the same, whether or not
    /// it exists, and so does whoever names none.
    async fn admit_to_organization(
        self: &Arc<Self>,
        person: PersonCaller,
        first: Option<&Bytes>,
        (permission, path): (&'static str, &'static ScopePath),
        time: &Time,
        observation: &mut Observation,
    ) -> Result<Admitted, Refusal> {
        let first = first.ok_or_else(refuse::bad_framing)?;
        let organization = guard::organization_in(path, first)?.ok_or_else(Refusal::permission_denied)?;
        let role = self
            .parts
            .roles
            .of(person.id, organization, time.left())
            .await
            .map_err(|status| {
                tracing::warn!(code = ?status.code(), "the organization service does not tell roles");
                Refusal::unavailable()
            })?;
        let on = Resource::Organization(organization);
        let standing = Standing::new(Arc::clone(self), person.clone(), organization, permission);
        let person = self.permit(person, role, permission, on, observation)?;
        Ok(Admitted {
            caller: Caller::Person(person),
            guard: Guard::scoped(path, organization),
            standing: Some(standing),
        })
    }

    fn permit(
        &self,
        person: PersonCaller,
        role: Option<Role>,
        permission: &str,
        on: Resource,
        observation: &mut Observation,
    ) -> Result<PersonCaller, Refusal> {
        let decided = self.parts.policies.decide(&person, role, permission, on);
        observation.by_policies(decided.policies);
        if !decided.allowed {
            return Err(Refusal::permission_denied());
        }
        let organization = match on {
            Resource::Organization(organization) => Some(organization),
            Resource::Platform => None,
        };
        let access = Some(Access {
            permission: permission.to_owned(),
            organization,
            role,
        });
        Ok(PersonCaller { access, ..person })
    }
}
