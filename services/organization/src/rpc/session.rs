//! Sessions of the edge's pages.

mod parse;

use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::session_internal_service_server::SessionInternalService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::error::Error;
use crate::ops::session::end;
use crate::store::session;

#[tonic::async_trait]
impl SessionInternalService for Rpc {
    async fn end_session(
        &self,
        request: Request<pb::EndSessionRequest>,
    ) -> Result<Response<pb::EndSessionResponse>, Status> {
        let context = &self.context;
        let (_, ended) = Call::read(request, parse::ended)?;
        let work = async |tx: &mut _| end::apply(tx, context, ended).await;
        context.database.write(work).await?;
        Ok(Response::new(pb::EndSessionResponse {}))
    }

    async fn check_session(
        &self,
        request: Request<pb::CheckSessionRequest>,
    ) -> Result<Response<pb::CheckSessionResponse>, Status> {
        let (_, digest) = Call::read(request, parse::digest)?;
        let look = async |db: &mut _| session::is_ended(db, digest).await.map_err(Error::from);
        let ended = self.context.database.read(look).await?;
        Ok(Response::new(pb::CheckSessionResponse { ended }))
    }
}
