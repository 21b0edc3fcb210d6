//! The shared catalog, and progress in its trainings.

use muster_proto::records::v1::progress_service_client::ProgressServiceClient;
use muster_proto::records::v1::training_service_client::TrainingServiceClient;
use muster_proto::records::v1::{CreateTrainingRequest, ReportProgressRequest, Training};

use super::resource;
use crate::{CallError, Transport, call, request_id};

/// Registry staff put a training into the shared catalog, and say why.
///
/// # Errors
/// The call failed.
pub async fn create<T: Transport>(
    staff: &T,
    training: Training,
    reason: &str,
) -> Result<Training, CallError> {
    let request = CreateTrainingRequest {
        training: Some(training),
        request_id: request_id(),
        reason: reason.to_owned(),
    };
    let send = async |client, request| TrainingServiceClient::new(client).create_training(request).await;
    resource(staff, request, send, |response| response.training).await
}

/// A learning system reports how far somebody is with an assignment: 0 to 100 percent.
///
/// # Errors
/// The call failed.
pub async fn report_progress<T: Transport>(
    learning_system: &T,
    assignment: &str,
    percent: i32,
) -> Result<(), CallError> {
    let request = ReportProgressRequest {
        assignment: assignment.to_owned(),
        percent,
        request_id: request_id(),
    };
    let reported = call(learning_system, request, async |client, request| {
        ProgressServiceClient::new(client).report_progress(request).await
    });
    reported.await.map(drop)
}
