//! Whether trainings exist.

use muster_proto::records::v1 as pb;
use muster_proto::records::v1::training_internal_service_server::TrainingInternalService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::{Rpc, parse};
use crate::store::trainings;

#[tonic::async_trait]
impl TrainingInternalService for Rpc {
    async fn batch_get_trainings(
        &self,
        request: Request<pb::BatchGetTrainingsRequest>,
    ) -> Result<Response<pb::BatchGetTrainingsResponse>, Status> {
        let (_, ids) = Call::read(request, parse::trainings)?;
        let look = self
            .desk
            .read(move |db| Box::pin(async move { trainings::get_all(db, &ids).await }));
        let trainings = look.await?.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::BatchGetTrainingsResponse { trainings }))
    }
}
