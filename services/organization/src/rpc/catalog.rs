//! The organization's own catalog.

use muster_ids::{CatalogTrainingName, OrganizationId, OrganizationName, TrainingId, TrainingName};
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::catalog_service_server::CatalogService;
use muster_refusal::Violations;
use muster_server::convert::timestamp;
use muster_server::names::named;
use muster_server::{Call, Parsed};
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::domain::CatalogTraining;
use crate::error::Error;
use crate::ops::catalog::add_training;
use crate::store::catalog;

#[tonic::async_trait]
impl CatalogService for Rpc {
    async fn add_training(
        &self,
        request: Request<pb::AddTrainingRequest>,
    ) -> Result<Response<pb::AddTrainingResponse>, Status> {
        let context = &self.context;
        let (call, (organization, training)) = Call::read(request, added)?;
        let prepare = async || add_training::prepare(context, organization, training).await;
        let apply = async |tx: &mut _, ()| add_training::apply(tx, context, organization, training).await;
        call.once_prepared(&context.database, context.clock.now(), prepare, apply)
            .await
    }

    async fn list_catalog_trainings(
        &self,
        request: Request<pb::ListCatalogTrainingsRequest>,
    ) -> Result<Response<pb::ListCatalogTrainingsResponse>, Status> {
        let (call, organization) = Call::read(request, |call, violations| {
            let parent = call.name::<OrganizationName>(violations);
            Ok(parent.map(|parent| parent.organization))
        })?;
        let list = async |after, limit| {
            let list = async |db: &mut _| catalog::list(db, organization, after, limit).await;
            self.context.database.read(list).await.map_err(Error::from)
        };
        let position = |last: &CatalogTraining| last.training;
        call.page(&self.context.page_key, list, position).await
    }
}

fn added(
    call: &Call<pb::AddTrainingRequest>,
    violations: &mut Violations,
) -> Parsed<(OrganizationId, TrainingId)> {
    let parent = call.name::<OrganizationName>(violations);
    let training = named::<TrainingName>(violations, "training", &call.message.training);
    let told = parent.zip(training);
    Ok(told.map(|(parent, training)| (parent.organization, training.training)))
}

impl From<CatalogTraining> for pb::CatalogTraining {
    fn from(added: CatalogTraining) -> Self {
        let CatalogTraining {
            organization,
            training,
            create_time,
        } = added;
        let name = CatalogTrainingName {
            organization,
            training,
        };
        Self {
            name: name.to_string(),
            training: TrainingName { training }.to_string(),
            create_time: Some(timestamp(create_time)),
        }
    }
}
