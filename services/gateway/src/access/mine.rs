//! What somebody may do.

use muster_ids::OrganizationName;
use muster_proto::gateway::v1::{GrantedPermission, ListMyPermissionsRequest, ListMyPermissionsResponse};
use muster_refusal::{Refusal, Violations};
use muster_server::convert;

use super::{Access, Asker};
use crate::policy::Resource;

impl Access {
    pub(super) async fn mine(
        &self,
        asker: &Asker<'_>,
        request: ListMyPermissionsRequest,
    ) -> Result<ListMyPermissionsResponse, Refusal> {
        let known = self.policies.permissions();
        let (on, known, role) = match organization(&request.parent)? {
            None => (Resource::Platform, &known.platform, None),
            Some(OrganizationName { organization }) => {
                let role = self.role(asker, organization).await?;
                (Resource::Organization(organization), &known.organization, role)
            }
        };
        let view = self.policies.now();
        let has = |permission: &&String| view.decide(asker.person, role, permission, on).allowed;
        let permissions = known.iter().filter(has).map(|permission| GrantedPermission {
            permission: permission.clone(),
            methods: self.methods(permission),
        });
        Ok(ListMyPermissionsResponse {
            role: convert::role(role).into(),
            staff: asker.person.staff,
            permissions: permissions.collect(),
        })
    }

    /// The methods that need a permission.
    fn methods(&self, permission: &str) -> Vec<String> {
        let needing = self
            .rules
            .iter()
            .filter(|rule| rule.permission() == Some(permission));
        needing
            .map(|rule| rule.path.trim_start_matches('/').to_owned())
            .collect()
    }
}

/// The organization; none for the platform.
fn organization(parent: &str) -> Result<Option<OrganizationName>, Refusal> {
    if parent.is_empty() {
        return Ok(None);
    }
    let mut violations = Violations::new();
    match violations.check("parent", OrganizationName::parse(parent)) {
        Some(name) => Ok(Some(name)),
        None => Err(violations.into_refusal()),
    }
}
