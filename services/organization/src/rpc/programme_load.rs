//! Loads of licensed programmes.

mod convert;
mod parse;
mod stream;

use muster_proto::answer;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::programme_load_service_server::ProgrammeLoadService;
use muster_server::{Call, Failure, StreamCall};
use tonic::{Request, Response, Status, Streaming};

use super::Rpc;
use crate::domain::RefusedRow;
use crate::error::Error;
use crate::store::programme_load;

#[tonic::async_trait]
impl ProgrammeLoadService for Rpc {
    async fn load_programmes(
        &self,
        request: Request<Streaming<pb::LoadProgrammesRequest>>,
    ) -> Result<Response<pb::LoadProgrammesResponse>, Status> {
        let call = StreamCall::accept(request)?;
        let load = stream::load(&self.context, call).await?;
        Ok(Response::new(answer(load)))
    }

    async fn get_programme_load(
        &self,
        request: Request<pb::GetProgrammeLoadRequest>,
    ) -> Result<Response<pb::GetProgrammeLoadResponse>, Status> {
        let (_, id) = Call::read(request, |call, violations| {
            Ok(parse::named(violations, "name", &call.message.name))
        })?;
        let find = async |db: &mut _| programme_load::find(db, id).await.map_err(Error::from);
        let found = self.context.database.read(find).await?;
        let load = found.ok_or(Error::from(Failure::NotFound))?;
        Ok(Response::new(answer(load)))
    }

    async fn list_refused_programme_rows(
        &self,
        request: Request<pb::ListRefusedProgrammeRowsRequest>,
    ) -> Result<Response<pb::ListRefusedProgrammeRowsResponse>, Status> {
        let (call, id) = Call::read(request, |call, violations| {
            Ok(parse::named(violations, "parent", &call.message.parent))
        })?;
        let list = async |after: Option<i32>, limit| {
            let list = async |db: &mut _| {
                programme_load::find(db, id).await?.ok_or(Failure::NotFound)?;
                let page = programme_load::list_refused(db, id, after.unwrap_or_default(), limit).await;
                Ok::<_, Error>(page?)
            };
            self.context.database.read(list).await
        };
        call.page(&self.context.page_key, list, |last: &RefusedRow| last.number)
            .await
    }
}
