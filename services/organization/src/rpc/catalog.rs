//! The organization's own catalog.

use muster_ids::{CatalogTrainingName, OrganizationId, OrganizationName, TrainingId, TrainingName};
use muster_proto::RequestMessage;
use muster_proto::answer;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::catalog_service_server::CatalogService;
use muster_refusal::Violations;
use muster_server::convert::timestamp;
use muster_server::etag::etag;
use muster_server::names::named;
use muster_server::{Call, Failure, Parsed};
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::domain::{CatalogTraining, CatalogTrainingState, Group};
use crate::error::Error;
use crate::ops::catalog::{add_training, switch};
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

    async fn get_catalog_training(
        &self,
        request: Request<pb::GetCatalogTrainingRequest>,
    ) -> Result<Response<pb::GetCatalogTrainingResponse>, Status> {
        let (_, name) = Call::read(request, called)?;
        let find = async |db: &mut _| catalog::find(db, name.organization, name.training).await;
        let found = self.context.database.read(find).await.map_err(Error::from)?;
        let training = found.ok_or(Error::from(Failure::NotFound))?;
        Ok(Response::new(answer(training)))
    }

    async fn deactivate_catalog_training(
        &self,
        request: Request<pb::DeactivateCatalogTrainingRequest>,
    ) -> Result<Response<pb::DeactivateCatalogTrainingResponse>, Status> {
        let context = &self.context;
        let (call, name) = Call::read(request, called)?;
        let (actor, key) = (call.actor(), call.key());
        let done = context.database.once(&key, context.clock.now(), async |tx| {
            let state = CatalogTrainingState::Inactive;
            let switch::Switched { training, groups } =
                switch::apply(tx, context, name, state, &actor).await?;
            Ok::<_, Error>(pb::DeactivateCatalogTrainingResponse {
                catalog_training: Some(training.into()),
                groups: groups
                    .iter()
                    .map(Group::name)
                    .map(|name| name.to_string())
                    .collect(),
            })
        });
        Ok(Response::new(done.await?))
    }

    async fn reactivate_catalog_training(
        &self,
        request: Request<pb::ReactivateCatalogTrainingRequest>,
    ) -> Result<Response<pb::ReactivateCatalogTrainingResponse>, Status> {
        let context = &self.context;
        let (call, name) = Call::read(request, called)?;
        let actor = call.actor();
        let work = async |tx: &mut _| {
            let switched = switch::apply(tx, context, name, CatalogTrainingState::Active, &actor).await;
            switched.map(|switched| switched.training)
        };
        call.once(&context.database, context.clock.now(), work).await
    }
}

/// The training of the catalog that the request names.
fn called<M: RequestMessage>(call: &Call<M>, violations: &mut Violations) -> Parsed<CatalogTrainingName> {
    Ok(call.name(violations))
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
        let name = added.name().to_string();
        let CatalogTraining {
            organization: _,
            training,
            state,
            version,
            create_time,
        } = added;
        Self {
            name,
            etag: etag(version),
            state: pb::CatalogTrainingState::from(state).into(),
            training: TrainingName { training }.to_string(),
            create_time: Some(timestamp(create_time)),
        }
    }
}

muster_proto::same_values! { CatalogTrainingState = pb::CatalogTrainingState { Active, Inactive } }
