//! What a person administers.

use muster_ids::OrganizationName;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::person_organization_service_server::PersonOrganizationService;
use muster_server::{Call, names};
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::domain::{SeenPersonOrganization, SeenProfileUser};
use crate::error::Error;
use crate::store::person_organization;

#[tonic::async_trait]
impl PersonOrganizationService for Rpc {
    async fn list_person_organizations(
        &self,
        request: Request<pb::ListPersonOrganizationsRequest>,
    ) -> Result<Response<pb::ListPersonOrganizationsResponse>, Status> {
        let now = self.context.clock.now();
        let (call, person) = Call::read(request, |call, violations| {
            names::oneself(&call.caller, violations, "parent", &call.message.parent)
        })?;
        let list = async |before, limit| {
            let list = async |db: &mut _| person_organization::list(db, person, before, limit).await;
            let page = self.context.database.read(list).await.map_err(Error::from)?;
            let seen = page.into_iter().map(|organization| organization.seen(now));
            Ok::<_, Error>(seen.collect::<Vec<_>>())
        };
        call.page(&self.context.page_key, list, |last: &SeenPersonOrganization| {
            last.seen.user.organization
        })
        .await
    }
}

impl From<SeenPersonOrganization> for pb::PersonOrganization {
    fn from(organization: SeenPersonOrganization) -> Self {
        let SeenPersonOrganization {
            number,
            display_name,
            state,
            seen,
        } = organization;
        let SeenProfileUser { user, .. } = &seen;
        let name = OrganizationName {
            organization: user.organization,
        };
        let pb::ProfileUser {
            role,
            origin,
            state: access_state,
            expire_time,
            ..
        } = seen.into();
        Self {
            organization: name.to_string(),
            organization_number: number.as_str().to_owned(),
            display_name: display_name.to_string(),
            state: pb::OrganizationState::from(state).into(),
            role,
            origin,
            access_state,
            expire_time,
        }
    }
}
