//! The catalog of trainings that all organizations share. The records service owns it.

use muster_ids::{TrainingId, TrainingName};
use muster_proto::records::v1::BatchGetTrainingsRequest;
use muster_proto::records::v1::training_internal_service_client::TrainingInternalServiceClient;
use muster_server::{Failure, Peer};

use crate::error::Error;

/// Asks the records service.
#[derive(Clone, Debug)]
pub(crate) struct SharedCatalog(TrainingInternalServiceClient<Peer>);

impl SharedCatalog {
    pub(crate) fn new(records: Peer) -> Self {
        Self(TrainingInternalServiceClient::new(records))
    }

    /// Whether there is such a training.
    pub(crate) async fn has(&self, training: TrainingId) -> Result<bool, Error> {
        let name = TrainingName { training }.to_string();
        let request = BatchGetTrainingsRequest {
            names: vec![name.clone()],
        };
        let answer = self.0.clone().batch_get_trainings(request).await;
        let found = answer
            .map_err(|status| Failure::Peer(Box::new(status)))?
            .into_inner();
        Ok(found.trainings.iter().any(|training| training.name == name))
    }
}
