//! From messages to types that cannot be wrong: what the field rules of the contract cannot say.

use muster_ids::LearningRecordName;
use muster_proto::records::v1 as pb;
use muster_refusal::Violations;
use muster_server::{Call, Parsed};

use crate::ops::learning_record::read::Reader;

/// Who reads, and whose record.
pub(super) fn get_learning_record(
    call: &Call<pb::GetLearningRecordRequest>,
    violations: &mut Violations,
) -> Parsed<(Reader, LearningRecordName)> {
    let person = call.person()?;
    let reader = Reader {
        organization: call.organization()?,
        person: person.id,
        display_name: person.name.clone().unwrap_or_default(),
    };
    Ok(call.name(violations).map(|name| (reader, name)))
}
