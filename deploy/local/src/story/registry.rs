//! Step 0: registry staff fill the shared catalog; the learning system is there.
//!
//! Staff also set a premium plan. A plan belongs to an organization, and none has been created yet: that is told where
//! they approve one, in step 1.

use muster_proto::records::v1::progress_service_client::ProgressServiceClient;
use muster_proto::records::v1::training_service_client::TrainingServiceClient;
use muster_proto::records::v1::{CreateTrainingRequest, ReportProgressRequest, Training};
use muster_refusal::ErrorReason;

use super::patience::refused;
use super::told::Told;
use super::world::World;
use crate::edge::{Caller, Failed, request_id};

pub(super) const TITLE: &str =
    "Registry staff put trainings into the catalog; a learning system will report progress";

const TRAININGS: [(&str, &str); 2] = [
    ("MR", "Mandated Reporter Training"),
    ("FA", "Pediatric First Aid"),
];
/// An assignment of nobody.
const NOTHING: &str =
    "persons/00000000-0000-7000-8000-000000000000/assignments/00000000-0000-7000-8000-000000000000";

pub(super) async fn tell(world: &mut World) -> anyhow::Result<Told> {
    let mut told = Told::default();
    let staff = world.sign_in("staff").await?;
    told.say("registry staff signed in at the issuer");
    told.show("the issuer and its people", &world.addresses.issuer);
    for (code, display_name) in TRAININGS {
        let training = create(&staff, &format!("{code}-{}", world.run), display_name).await?;
        told.say(format!(
            "{} {} is {}",
            training.code, training.display_name, training.name
        ));
        if world.training.is_empty() {
            world.training = training.name;
        }
    }
    told.show_call("the training being created", world, &staff);

    let learning_system = world.mount_learning_system()?;
    let result = report(&learning_system, NOTHING, 1).await;
    refused("progress of nobody's assignment", ErrorReason::NotFound, result)?;
    told.say("the learning system is let in with its workload token (it has nothing to report yet)");
    told.show_call("the learning system's first call", world, &learning_system);
    Ok(told)
}

/// The learning system tells how far somebody is.
pub(super) async fn report(learning_system: &Caller, assignment: &str, percent: i32) -> Result<(), Failed> {
    let request = ReportProgressRequest {
        assignment: assignment.to_owned(),
        percent,
        request_id: request_id(),
    };
    let reported = learning_system.ask(request, async |edge, call| {
        ProgressServiceClient::new(edge).report_progress(call).await
    });
    reported.await.map(drop)
}

async fn create(staff: &Caller, code: &str, display_name: &str) -> Result<Training, Failed> {
    let training = Training {
        code: code.to_owned(),
        display_name: display_name.to_owned(),
        description: format!("{display_name}, as the authority requires it."),
        ..Training::default()
    };
    let request = CreateTrainingRequest {
        training: Some(training),
        request_id: request_id(),
    };
    let made = staff.ask(request, async |edge, call| {
        TrainingServiceClient::new(edge).create_training(call).await
    });
    Ok(made.await?.training.unwrap_or_default())
}
