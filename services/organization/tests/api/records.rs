//! The neighbour that keeps the shared catalog: the real service, started for the first training that a test needs.

use muster_ids::{TrainingId, TrainingName};
use muster_proto::records::v1::training_service_client::TrainingServiceClient;
use muster_proto::records::v1::{CreateTrainingRequest, Training};
use muster_records::RecordsService;
use muster_testkit::{TestCaller, TestService};
use uuid::Uuid;

use crate::fixture::Fixture;

impl Fixture {
    /// The records service.
    pub(crate) async fn records(&self) -> &TestService {
        let start = || self.suite.start::<RecordsService>(&[]);
        self.records.get_or_init(start).await
    }

    /// A new training of the shared catalog.
    pub(crate) async fn training(&self) -> String {
        let training = Training {
            code: self.service.clock.new_uuid().to_string(),
            display_name: "First aid".to_owned(),
            ..Default::default()
        };
        let request = CreateTrainingRequest {
            training: Some(training),
            request_id: String::new(),
            reason: "a test".to_owned(),
        };
        let staff = self.records().await.calls_of(TestCaller::platform_staff());
        let created = TrainingServiceClient::new(staff).create_training(request).await;
        created.unwrap().into_inner().training.unwrap().name
    }
}

/// The name of a training that does not exist.
pub(crate) fn no_training(number: u128) -> String {
    TrainingName {
        training: TrainingId::from_uuid(Uuid::from_u128(number)),
    }
    .to_string()
}
