//! Groups.

mod convert;
pub(super) mod internal;
mod parse;

use muster_ids::GroupName;
use muster_proto::answer;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::group_service_server::GroupService;
use muster_server::{Call, Failure};
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::domain::{Group, GroupState, Place, PlaceUsage};
use crate::error::Error;
use crate::ops::group::{create, switch, update};
use crate::ops::usage;
use crate::store::group;

#[tonic::async_trait]
impl GroupService for Rpc {
    async fn create_group(
        &self,
        request: Request<pb::CreateGroupRequest>,
    ) -> Result<Response<pb::CreateGroupResponse>, Status> {
        let context = &self.context;
        let (call, new) = Call::read(request, parse::new)?;
        let work = async |tx: &mut _| create::apply(tx, context, new).await;
        call.once(&context.database, context.clock.now(), work).await
    }

    async fn get_group(
        &self,
        request: Request<pb::GetGroupRequest>,
    ) -> Result<Response<pb::GetGroupResponse>, Status> {
        let (_, GroupName { organization, group }) = Call::read(request, parse::named)?;
        let find = async |db: &mut _| {
            let found = group::find_all(db, organization, &[group]).await;
            found.map_err(Error::from)
        };
        let found = self.context.database.read(find).await?.pop();
        let group = found.ok_or(Error::from(Failure::NotFound))?;
        Ok(Response::new(answer(group)))
    }

    async fn list_groups(
        &self,
        request: Request<pb::ListGroupsRequest>,
    ) -> Result<Response<pb::ListGroupsResponse>, Status> {
        let (call, organization) = Call::read(request, parse::list)?;
        let list = async |after, limit| {
            let list = async |db: &mut _| group::list(db, organization, after, limit).await;
            self.context.database.read(list).await.map_err(Error::from)
        };
        let position = |last: &Group| last.display_name.as_str().to_owned();
        call.page(&self.context.page_key, list, position).await
    }

    async fn update_group(
        &self,
        request: Request<pb::UpdateGroupRequest>,
    ) -> Result<Response<pb::UpdateGroupResponse>, Status> {
        let context = &self.context;
        let (call, (name, changes)) = Call::read(request, parse::update)?;
        let actor = call.actor();
        let work =
            async |tx: &mut _| update::apply(tx, context, name, changes, &call.if_match(), actor).await;
        call.once(&context.database, context.clock.now(), work).await
    }

    async fn deactivate_group(
        &self,
        request: Request<pb::DeactivateGroupRequest>,
    ) -> Result<Response<pb::DeactivateGroupResponse>, Status> {
        let context = &self.context;
        let (call, name) = Call::read(request, parse::named)?;
        let (actor, key) = (call.actor(), call.key());
        let prepare = async || Ok(usage::ask(context, Place::Group(name)).await);
        let apply = async |tx: &mut _, usage: PlaceUsage| {
            let group = switch::apply(tx, context, name, GroupState::Inactive, actor).await?;
            let (group, usage) = (Some(group.into()), Some(usage.into()));
            Ok::<_, Error>(pb::DeactivateGroupResponse { group, usage })
        };
        let (database, now) = (&context.database, context.clock.now());
        let done = database.once_prepared(&key, now, prepare, apply);
        Ok(Response::new(done.await?))
    }

    async fn reactivate_group(
        &self,
        request: Request<pb::ReactivateGroupRequest>,
    ) -> Result<Response<pb::ReactivateGroupResponse>, Status> {
        let context = &self.context;
        let (call, name) = Call::read(request, parse::named)?;
        let actor = call.actor();
        let work = async |tx: &mut _| switch::apply(tx, context, name, GroupState::Active, actor).await;
        call.once(&context.database, context.clock.now(), work).await
    }
}
