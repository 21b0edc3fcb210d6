//! Groups with the trainings that they require.

use muster_ids::{GroupId, GroupName, OrganizationId};
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::group_internal_service_server::GroupInternalService;
use muster_refusal::Violations;
use muster_server::names::all_named;
use muster_server::{Call, Parsed};
use tonic::{Request, Response, Status};

use crate::error::Error;
use crate::rpc::{Rpc, named_organization};
use crate::store::group;

#[tonic::async_trait]
impl GroupInternalService for Rpc {
    async fn batch_get_groups(
        &self,
        request: Request<pb::BatchGetGroupsRequest>,
    ) -> Result<Response<pb::BatchGetGroupsResponse>, Status> {
        let (_, (organization, groups)) = Call::read(request, question)?;
        let find = async |db: &mut _| {
            let found = group::find_all(db, organization, &groups).await;
            found.map_err(Error::from)
        };
        let found = self.context.database.read(find).await?;
        let groups = found.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::BatchGetGroupsResponse { groups }))
    }
}

fn question(
    call: &Call<pb::BatchGetGroupsRequest>,
    violations: &mut Violations,
) -> Parsed<(OrganizationId, Vec<GroupId>)> {
    let organization = named_organization(violations, &call.message.organization);
    let groups = all_named::<GroupName>(violations, "names", &call.message.names);
    let asked = organization.zip(groups);
    Ok(asked.map(|(organization, groups)| (organization, own(organization, groups))))
}

/// What is named of another organization is left out, like what does not exist.
pub(in crate::rpc) fn own(organization: OrganizationId, groups: Vec<GroupName>) -> Vec<GroupId> {
    let own = groups
        .into_iter()
        .filter(|name| name.organization == organization);
    own.map(|name| name.group).collect()
}
