//! Groups.

use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::group_service_server::GroupService;
use muster_server::Call;
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
        let (call, new) = Call::read(request, parse::new_group)?;
        let key = call.key();
        let answer = ops::create_group(&self.desk, key, new).await?;
        Ok(Response::new(answer))
    }

    async fn list_groups(
        &self,
        request: Request<pb::ListGroupsRequest>,
    ) -> Result<Response<pb::ListGroupsResponse>, Status> {
        let (call, organization) = Call::read(request, |call, violations| {
            parse::organization(call, violations, "parent", &call.message.parent)
        })?;
        let asked = &call.message;
        let list = call.list(&asked.parent, asked.page_size, &asked.page_token);
        let fetch = |after, limit| {
            self.desk
                .read(move |c| Box::pin(groups::page(c, organization, after, limit)))
        };
        let position = |last: &Group| last.display_name.as_str().to_owned();
        let page = self.page_key.page(list, fetch, position, pb::Group::from).await?;
        Ok(Response::new(pb::ListGroupsResponse {
            groups: page.items,
            next_page_token: page.next_page_token,
        }))
    }
}
