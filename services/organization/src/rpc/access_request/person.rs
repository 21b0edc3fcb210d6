//! What the person who asks does.

use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::person_access_request_service_server::PersonAccessRequestService;
use muster_server::{Call, names};
use tonic::{Request, Response, Status};

use super::parse;
use crate::domain::AccessRequest;
use crate::error::Error;
use crate::ops::access_request::{ask, withdraw};
use crate::rpc::Rpc;
use crate::store::access_request;

#[tonic::async_trait]
impl PersonAccessRequestService for Rpc {
    async fn request_access(
        &self,
        request: Request<pb::RequestAccessRequest>,
    ) -> Result<Response<pb::RequestAccessResponse>, Status> {
        let context = &self.context;
        let (call, asking) = Call::read(request, parse::asking)?;
        let work = async |tx: &mut _| ask::apply(tx, context, asking).await;
        call.once(&context.database, context.clock.now(), work).await
    }

    async fn list_person_access_requests(
        &self,
        request: Request<pb::ListPersonAccessRequestsRequest>,
    ) -> Result<Response<pb::ListPersonAccessRequestsResponse>, Status> {
        let now = self.context.clock.now();
        let (call, person) = Call::read(request, |call, violations| {
            names::oneself(&call.caller, violations, "parent", &call.message.parent)
        })?;
        let list = async |before, limit| {
            let list = async |db: &mut _| access_request::list_of_person(db, person, before, limit).await;
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

    async fn withdraw_access_request(
        &self,
        request: Request<pb::WithdrawAccessRequestRequest>,
    ) -> Result<Response<pb::WithdrawAccessRequestResponse>, Status> {
        let context = &self.context;
        let (call, (name, by)) = Call::read(request, parse::withdrawn)?;
        let work = async |tx: &mut _| withdraw::apply(tx, context, name, by).await;
        call.once(&context.database, context.clock.now(), work).await
    }
}
