//! Groups.

mod convert;
pub(super) mod internal;
mod parse;

use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::group_service_server::GroupService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::domain::Group;
use crate::error::Error;
use crate::ops::group::{create, update};
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
        let work = async |tx: &mut _| update::apply(tx, name, changes, &call.if_match()).await;
        call.once(&context.database, context.clock.now(), work).await
    }
}
