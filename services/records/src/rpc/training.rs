//! The shared catalog.

use muster_proto::records::v1 as pb;
use muster_proto::records::v1::training_service_server::TrainingService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::{Rpc, parse};
use crate::domain::Training;
use crate::ops;
use crate::store::trainings;

#[tonic::async_trait]
impl TrainingService for Rpc {
    async fn create_training(
        &self,
        request: Request<pb::CreateTrainingRequest>,
    ) -> Result<Response<pb::CreateTrainingResponse>, Status> {
        let call = Call::accept(request)?;
        let new = parse::new_training(&call)?;
        let key = call.key();
        Ok(Response::new(ops::create_training(&self.desk, key, new).await?))
    }

    async fn list_trainings(
        &self,
        request: Request<pb::ListTrainingsRequest>,
    ) -> Result<Response<pb::ListTrainingsResponse>, Status> {
        let call = Call::accept(request)?;
        call.person()?;
        let asked = &call.message;
        let list = call.list("", asked.page_size, &asked.page_token);
        let fetch = |after: Option<String>, limit| {
            self.desk
                .read(move |db| Box::pin(async move { trainings::list(db, after.as_deref(), limit).await }))
        };
        let position = |last: &Training| last.code.clone();
        let page = self
            .page_key
            .page(list, fetch, position, pb::Training::from)
            .await?;
        Ok(Response::new(pb::ListTrainingsResponse {
            trainings: page.items,
            next_page_token: page.next_page_token,
        }))
    }
}
