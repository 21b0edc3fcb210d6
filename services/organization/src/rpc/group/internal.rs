//! Groups with the trainings that they require.

use muster_ids::{GroupId, GroupName, OrganizationId, TrainingId, TrainingName};
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::group_internal_service_server::GroupInternalService;
use muster_refusal::Violations;
use muster_server::names::{all_named, named, optional_named};
use muster_server::{Call, Failure, Parsed};
use sqlx::PgConnection;
use tonic::{Request, Response, Status};

use crate::error::Error;
use crate::rpc::{Rpc, named_organization};
use crate::store::{catalog, group, organization};

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
        let sequences = found.iter().map(|group| group.version).collect();
        let groups = found.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::BatchGetGroupsResponse { groups, sequences }))
    }

    async fn get_assigning_context(
        &self,
        request: Request<pb::GetAssigningContextRequest>,
    ) -> Result<Response<pb::GetAssigningContextResponse>, Status> {
        let (_, asked) = Call::read(request, assigning)?;
        let AssigningQuery {
            organization: id,
            training,
            group,
        } = asked;
        let find = async |db: &mut PgConnection| {
            let found = organization::find(db, id).await?;
            let found = found.ok_or(Error::from(Failure::NotFound))?;
            let missing = catalog::find_missing(db, id, &[training]).await?;
            let inactive = catalog::inactive_among(db, id, &[training]).await?;
            let groups = match group {
                Some(group) => group::find_all(db, id, &own(id, vec![group])).await?,
                None => Vec::new(),
            };
            Ok::<_, Error>(pb::GetAssigningContextResponse {
                has_training: missing.is_empty(),
                is_training_inactive: !inactive.is_empty(),
                has_group: !groups.is_empty(),
                licensing_authority: found.licensing.authority().as_str().to_owned(),
                state: pb::OrganizationState::from(found.state).into(),
            })
        };
        Ok(Response::new(self.context.database.read(find).await?))
    }
}

/// What is asked before a training is assigned.
struct AssigningQuery {
    organization: OrganizationId,
    training: TrainingId,
    group: Option<GroupName>,
}

fn assigning(
    call: &Call<pb::GetAssigningContextRequest>,
    violations: &mut Violations,
) -> Parsed<AssigningQuery> {
    let message = &call.message;
    let organization = named_organization(violations, &message.organization);
    let training = named::<TrainingName>(violations, "training", &message.training);
    let group = optional_named::<GroupName>(violations, "group", &message.group);
    let (Some(organization), Some(training), Some(group)) = (organization, training, group) else {
        return Ok(None);
    };
    Ok(Some(AssigningQuery {
        organization,
        training: training.training,
        group,
    }))
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
