//! The shared catalog.

use muster_proto::records::v1 as pb;
use muster_proto::records::v1::training_service_server::TrainingService;
use muster_server::Call;
use muster_server::page::{List, Size};
use tonic::{Request, Response, Status};

use super::{Rpc, parse};
use crate::ops;
use crate::store::trainings;

const LIST: &str = "/muster.records.v1.TrainingService/ListTrainings";

#[tonic::async_trait]
impl TrainingService for Rpc {
    async fn create_training(
        &self,
        request: Request<pb::CreateTrainingRequest>,
    ) -> Result<Response<pb::CreateTrainingResponse>, Status> {
        let call = Call::accept(request)?;
        let new = parse::new_training(&call)?;
        let key = call.key(&call.message.request_id)?;
        Ok(Response::new(ops::create_training(&self.desk, key, new).await?))
    }

    async fn list_trainings(
        &self,
        request: Request<pb::ListTrainingsRequest>,
    ) -> Result<Response<pb::ListTrainingsResponse>, Status> {
        let call = Call::accept(request)?;
        call.person()?;
        let list = List {
            caller: &call.caller,
            method: LIST,
            filter: "",
        };
        let after: Option<String> = self.page_key.open(&list, &call.message.page_token)?;
        let size = Size::of(call.message.page_size);
        let mut found = self
            .desk
            .read(move |db| {
                Box::pin(async move { trainings::list(db, after.as_deref(), size.fetch()).await })
            })
            .await?;
        let next_page_token = self
            .page_key
            .cut(&list, size, &mut found, |last| last.code.clone());
        let trainings = found.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListTrainingsResponse {
            trainings,
            next_page_token,
        }))
    }
}
