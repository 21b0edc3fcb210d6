//! Why somebody may call a method, or may not.

use std::sync::Arc;

use muster_access::{Actor, MethodRule, Mode, Target, scan};
use muster_identity::{PersonCaller, Role};
use muster_ids::OrganizationId;
use muster_proto::gateway::v1::{
    AccessMode, DecidingPolicy, ExplainAccessRequest, ExplainAccessResponse, PolicyEffect,
};
use muster_refusal::{Refusal, Violations};
use muster_server::convert;

use super::reason_text::{self, Sufficient};
use super::{Access, Asker};
use crate::policy::{Note, Resource, View};

const ROLES: [Role; 3] = [Role::Viewer, Role::Admin, Role::Owner];

impl Access {
    pub(super) async fn explain(
        &self,
        asker: &Asker<'_>,
        request: ExplainAccessRequest,
    ) -> Result<ExplainAccessResponse, Refusal> {
        let rule = self.rules.get(&format!("/{}", request.method));
        let rule = rule
            .filter(|rule| !rule.is_internal())
            .ok_or_else(Refusal::not_found)?;
        let Mode::Require { permission, target } = &rule.mode else {
            return Ok(declared(rule, asker.person));
        };
        let (on, role) = match target {
            Target::Platform => (Resource::Platform, None),
            Target::Organization(_) => {
                let organization = organization(&request.resource)?;
                let role = self.role(asker, organization).await?;
                (Resource::Organization(organization), role)
            }
        };
        Ok(decided(&self.policies.now(), asker.person, role, permission, on))
    }
}

fn organization(resource: &str) -> Result<OrganizationId, Refusal> {
    let organization = scan::organization(resource).map(OrganizationId::from_uuid);
    organization.ok_or_else(|| {
        let mut violations = Violations::new();
        let must = "must begin with `organizations/{organization}`: the method needs a permission there";
        violations.add("resource", must);
        violations.into_refusal()
    })
}

/// What is declared without a permission.
fn declared(rule: &MethodRule, person: &PersonCaller) -> ExplainAccessResponse {
    let (mode, allowed) = match &rule.mode {
        Mode::Public { .. } => (AccessMode::Public, true),
        Mode::Authenticated { actor, .. } => (AccessMode::Authenticated, *actor == Actor::Person),
        Mode::Capability { .. } => (AccessMode::Capability, true),
        Mode::Require { .. } | Mode::Internal { .. } => (AccessMode::Unspecified, false),
    };
    ExplainAccessResponse {
        allowed,
        mode: mode.into(),
        staff: person.staff,
        reason: reason_text::declared(&rule.mode),
        ..ExplainAccessResponse::default()
    }
}

/// What the policies say of a permission.
fn decided(
    view: &View,
    person: &PersonCaller,
    role: Option<Role>,
    permission: &str,
    on: Resource,
) -> ExplainAccessResponse {
    let explained = view.explain(person, role, permission, on);
    let bare = ExplainAccessResponse {
        allowed: explained.allowed,
        mode: AccessMode::Require.into(),
        permission: permission.to_owned(),
        role: convert::role(role).into(),
        staff: person.staff,
        ..ExplainAccessResponse::default()
    };
    if on != Resource::Platform && role.is_none() && !person.staff && !explained.allowed {
        let reason = reason_text::NO_ROLE.to_owned();
        return ExplainAccessResponse { reason, ..bare };
    }
    let sufficient = sufficient(view, person, permission, on);
    let reason = reason_text::decided(&explained, permission, &sufficient, person.staff, role);
    ExplainAccessResponse {
        policies: explained.notes.iter().map(policy).collect(),
        sufficient_roles: sufficient
            .roles
            .iter()
            .map(|role| convert::role(Some(*role)).into())
            .collect(),
        reason,
        ..bare
    }
}

/// Who the caller would have to be, by the same policies.
fn sufficient(view: &View, person: &PersonCaller, permission: &str, on: Resource) -> Sufficient {
    let may = |staff, role| {
        let as_if = PersonCaller {
            staff,
            ..person.clone()
        };
        view.decide(&as_if, role, permission, on).allowed
    };
    let roles: &[Role] = if on == Resource::Platform { &[] } else { &ROLES };
    Sufficient {
        roles: roles
            .iter()
            .copied()
            .filter(|role| may(false, Some(*role)))
            .collect(),
        staff: may(true, None),
    }
}

fn policy(note: &Arc<Note>) -> DecidingPolicy {
    let effect = if note.permits {
        PolicyEffect::Permit
    } else {
        PolicyEffect::Forbid
    };
    DecidingPolicy {
        id: note.id.clone(),
        description: note.description.clone(),
        effect: effect.into(),
    }
}
