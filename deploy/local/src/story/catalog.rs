//! Registry staff put trainings into the shared catalog.

use muster_proto::records::v1::training_service_client::TrainingServiceClient;
use muster_proto::records::v1::{CreateTrainingRequest, Training};

use super::world::{World, answer};
use super::{Step, Told};

pub(super) const STEP: Step = Step {
    title: "Registry staff put trainings into the catalog",
    services: &["gateway", "records"],
    tell,
};

const TRAININGS: [(&str, &str); 2] = [
    ("MR", "Mandated Reporter Training"),
    ("FA", "Pediatric First Aid"),
];

fn tell(world: &mut World) -> Told<'_> {
    Box::pin(async {
        let mut trainings = TrainingServiceClient::new(world.edge.clone());
        let mut lines = Vec::new();
        for (code, display_name) in TRAININGS {
            let training = Training {
                code: format!("{code}-{}", world.run),
                display_name: display_name.to_owned(),
                description: format!("{display_name}, as the authority requires it."),
                ..Training::default()
            };
            let request = CreateTrainingRequest {
                training: Some(training),
                request_id: world.request_id(),
            };
            let made = answer(
                "CreateTraining",
                trainings.create_training(world.call("staff", request)?).await,
            )?;
            let training = made.training.unwrap_or_default();
            lines.push(format!(
                "{} {} is {}",
                training.code, training.display_name, training.name
            ));
            if world.training.is_empty() {
                world.training = training.name;
            }
        }
        Ok(lines)
    })
}
