//! Who has which role where: asked of the organization service, remembered for three seconds.
//!
//! Only roles are remembered, never their absence: whoever has just been given one gets in at once, and whoever lost
//! theirs is out after three seconds, whatever else is away.

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use muster_identity::Role;
use muster_ids::{OrganizationId, PersonId};
use muster_proto::organization::v1::GetRoleRequest;
use muster_proto::organization::v1::roles_internal_service_client::RolesInternalServiceClient;
use muster_server::Peer;
use muster_server::convert::from_role;
use tonic::{Request, Status};

const REMEMBERED_FOR: Duration = Duration::from_secs(3);
const REMEMBERED: u64 = 100_000;

/// Looks roles up.
#[derive(Debug, Clone)]
pub(crate) struct Roles {
    organization: RolesInternalServiceClient<Peer>,
    known: Cache<(PersonId, OrganizationId), Role>,
}

/// Why there is no role.
#[derive(Debug)]
enum Absent {
    /// The organization service says so, or does not know the organization.
    NoRole,
    /// It could not be asked.
    Unknown(Status),
}

impl Roles {
    /// Asks this peer, the organization service.
    pub(crate) fn new(organization: Peer) -> Self {
        let known = Cache::builder()
            .time_to_live(REMEMBERED_FOR)
            .max_capacity(REMEMBERED)
            .build();
        Self {
            organization: RolesInternalServiceClient::new(organization),
            known,
        }
    }

    /// The role of a person in an organization, asked for within `limit`.
    ///
    /// # Errors
    /// The organization service could not be asked.
    pub(crate) async fn of(
        &self,
        person: PersonId,
        organization: OrganizationId,
        limit: Duration,
    ) -> Result<Option<Role>, Arc<Status>> {
        let ask = self.ask(person, organization, limit);
        match self.known.try_get_with((person, organization), ask).await {
            Ok(role) => Ok(Some(role)),
            Err(absent) => match &*absent {
                Absent::NoRole => Ok(None),
                Absent::Unknown(status) => Err(Arc::new(status.clone())),
            },
        }
    }

    async fn ask(
        &self,
        person: PersonId,
        organization: OrganizationId,
        limit: Duration,
    ) -> Result<Role, Absent> {
        let mut request = Request::new(GetRoleRequest {
            organization: format!("organizations/{organization}"),
            person: format!("persons/{person}"),
        });
        request.set_timeout(limit);
        let answer = self
            .organization
            .clone()
            .get_role(request)
            .await
            .map_err(Absent::Unknown)?;
        from_role(answer.into_inner().role()).ok_or(Absent::NoRole)
    }
}
