//! Groups.

use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::group_service_server::GroupService;
use muster_server::Call;
use muster_server::page::{List, Size};
use tonic::{Request, Response, Status};

use super::{Rpc, parse};
use crate::domain::Group;
use crate::ops;
use crate::store::groups;

#[tonic::async_trait]
impl GroupService for Rpc {
    async fn create_group(
        &self,
        request: Request<pb::CreateGroupRequest>,
    ) -> Result<Response<pb::CreateGroupResponse>, Status> {
        let call = Call::accept(request)?;
        let new = parse::new_group(&call)?;
        let key = call.key(&call.message.request_id)?;
        let answer = ops::create_group(&self.desk, key, new).await?;
        Ok(Response::new(answer))
    }

    async fn list_groups(
        &self,
        request: Request<pb::ListGroupsRequest>,
    ) -> Result<Response<pb::ListGroupsResponse>, Status> {
        let call = Call::accept(request)?;
        let organization = parse::organization(&call, "parent", &call.message.parent)?;
        let list = List {
            caller: &call.caller,
            method: "ListGroups",
            filter: &call.message.parent,
        };
        let after: Option<String> = self.page_key.open(&list, &call.message.page_token)?;
        let size = Size::of(call.message.page_size);
        let mut found = self
            .desk
            .read(move |c| Box::pin(groups::page(c, organization, after, size.fetch())))
            .await?;
        let position = |last: &Group| last.display_name.as_str().to_owned();
        let next_page_token = self.page_key.cut(&list, size, &mut found, position);
        let groups = found.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListGroupsResponse {
            groups,
            next_page_token,
        }))
    }
}
