//! Consent.

mod convert;
mod parse;

use muster_proto::records::v1 as pb;
use muster_proto::records::v1::grant_service_server::GrantService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::ops::grant::{create, revoke};

#[tonic::async_trait]
impl GrantService for Rpc {
    async fn create_grant(
        &self,
        request: Request<pb::CreateGrantRequest>,
    ) -> Result<Response<pb::CreateGrantResponse>, Status> {
        let context = &self.context;
        let (call, consent) = Call::read(request, parse::create_grant)?;
        let prepare = async || create::prepare(context, consent).await;
        let apply = async |tx: &mut _, ()| create::apply(tx, context, consent).await;
        call.once_prepared(&context.database, context.clock.now(), prepare, apply)
            .await
    }

    async fn revoke_grant(
        &self,
        request: Request<pb::RevokeGrantRequest>,
    ) -> Result<Response<pb::RevokeGrantResponse>, Status> {
        let context = &self.context;
        let (call, name) = Call::read(request, parse::revoke_grant)?;
        let work = async |tx: &mut _| revoke::apply(tx, context, name).await;
        call.once(&context.database, context.clock.now(), work).await
    }
}
