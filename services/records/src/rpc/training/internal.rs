//! Whether trainings exist.

use muster_proto::records::v1 as pb;
use muster_proto::records::v1::training_internal_service_server::TrainingInternalService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::parse;
use crate::error::Error;
use crate::rpc::Rpc;
use crate::store::training;

#[tonic::async_trait]
impl TrainingInternalService for Rpc {
    async fn batch_get_trainings(
        &self,
        request: Request<pb::BatchGetTrainingsRequest>,
    ) -> Result<Response<pb::BatchGetTrainingsResponse>, Status> {
        let (_, ids) = Call::read(request, parse::batch_get_trainings)?;
        let find = async |db: &mut _| training::find_all(db, &ids).await;
        let found = self.context.database.read(find).await.map_err(Error::from)?;
        let trainings = found.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::BatchGetTrainingsResponse { trainings }))
    }
}
