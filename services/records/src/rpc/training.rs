//! The shared catalog.

mod convert;
mod internal;
mod parse;

use muster_proto::records::v1 as pb;
use muster_proto::records::v1::training_service_server::TrainingService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::domain::Training;
use crate::error::Error;
use crate::ops::training::create;
use crate::store::training;

#[tonic::async_trait]
impl TrainingService for Rpc {
    async fn create_training(
        &self,
        request: Request<pb::CreateTrainingRequest>,
    ) -> Result<Response<pb::CreateTrainingResponse>, Status> {
        let context = &self.context;
        let call = Call::accept(request)?;
        let new = parse::create_training(&call)?;
        let work = async |tx: &mut _| create::apply(tx, context, new).await;
        call.once(&context.database, context.clock.now(), work).await
    }

    async fn list_trainings(
        &self,
        request: Request<pb::ListTrainingsRequest>,
    ) -> Result<Response<pb::ListTrainingsResponse>, Status> {
        let call = Call::accept(request)?;
        call.person()?;
        let list = async |after: Option<String>, limit| {
            let list = async |db: &mut _| training::list(db, after.as_deref(), limit).await;
            self.context.database.read(list).await.map_err(Error::from)
        };
        call.page(&self.context.page_key, list, |last: &Training| last.code.clone())
            .await
    }
}
