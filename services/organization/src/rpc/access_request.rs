//! Requests for access, as the owner sees them and as the person who asks does.

mod convert;
mod parse;
mod person;

use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::access_request_service_server::AccessRequestService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::domain::AccessRequest;
use crate::error::Error;
use crate::ops::access_request::{approve, deny};
use crate::store::access_request;

#[tonic::async_trait]
impl AccessRequestService for Rpc {
    async fn list_access_requests(
        &self,
        request: Request<pb::ListAccessRequestsRequest>,
    ) -> Result<Response<pb::ListAccessRequestsResponse>, Status> {
        let now = self.context.clock.now();
        let (call, (organization, state)) = Call::read(request, parse::list)?;
        let list = async |before, limit| {
            let in_state = state.map(|state| (state, now));
            let list =
                async |db: &mut _| access_request::list(db, organization, in_state, before, limit).await;
            let page = self.context.database.read(list).await.map_err(Error::from)?;
            Ok::<_, Error>(
                page.into_iter()
                    .map(|request| request.at(now))
                    .collect::<Vec<_>>(),
            )
        };
        call.page(&self.context.page_key, list, |last: &AccessRequest| last.id)
            .await
    }

    async fn approve_access_request(
        &self,
        request: Request<pb::ApproveAccessRequestRequest>,
    ) -> Result<Response<pb::ApproveAccessRequestResponse>, Status> {
        let context = &self.context;
        let (call, approval) = Call::read(request, parse::approval)?;
        let work = async |tx: &mut _| approve::apply(tx, context, approval).await;
        call.once(&context.database, context.clock.now(), work).await
    }

    async fn deny_access_request(
        &self,
        request: Request<pb::DenyAccessRequestRequest>,
    ) -> Result<Response<pb::DenyAccessRequestResponse>, Status> {
        let context = &self.context;
        let (call, (name, by)) = Call::read(request, parse::denied)?;
        let work = async |tx: &mut _| deny::apply(tx, context, name, by).await;
        call.once(&context.database, context.clock.now(), work).await
    }
}
