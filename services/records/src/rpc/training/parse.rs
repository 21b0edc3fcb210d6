//! From messages to types that cannot be wrong: what the field rules of the contract cannot say.

use muster_ids::{TrainingId, TrainingName};
use muster_proto::records::v1 as pb;
use muster_refusal::{Refusal, Violations};
use muster_server::names::all_named;
use muster_server::{Call, Parsed};

use crate::domain::{NewTraining, Worth};

/// The field rules say all that there is to say of a training.
pub(super) fn create_training(call: &Call<pb::CreateTrainingRequest>) -> Result<NewTraining, Refusal> {
    let pb::Training {
        code,
        display_name,
        description,
        duration_minutes,
        validity_months,
        ..
    } = call.message.training.clone().unwrap_or_default();
    Ok(NewTraining {
        code,
        display_name,
        description,
        worth: Worth {
            duration_minutes,
            validity_months: (validity_months > 0).then_some(validity_months),
        },
        creator: call.person()?.id,
        reason: call.message.reason.clone(),
    })
}

pub(super) fn batch_get_trainings(
    call: &Call<pb::BatchGetTrainingsRequest>,
    violations: &mut Violations,
) -> Parsed<Vec<TrainingId>> {
    let names = all_named::<TrainingName>(violations, "names", &call.message.names);
    Ok(names.map(|names| names.into_iter().map(|name| name.training).collect()))
}
