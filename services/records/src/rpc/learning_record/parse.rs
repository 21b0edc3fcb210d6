//! From messages to types that cannot be wrong: what the field rules of the contract cannot say.

use muster_ids::LearningRecordName;
use muster_proto::records::v1 as pb;
use muster_refusal::Violations;
use muster_server::{Call, Parsed};

use crate::domain::ExportFormat;
use crate::ops::learning_record::read::Reader;
use crate::rpc::reader;

/// Who reads, and whose record.
pub(super) fn get_learning_record(
    call: &Call<pb::GetLearningRecordRequest>,
    violations: &mut Violations,
) -> Parsed<(Reader, LearningRecordName)> {
    let reader = reader(call, call.organization()?)?;
    Ok(call.name(violations).map(|name| (reader, name)))
}

/// The same, and into which file.
pub(super) fn export_learning_record(
    call: &Call<pb::ExportLearningRecordRequest>,
    violations: &mut Violations,
) -> Parsed<(Reader, LearningRecordName, ExportFormat)> {
    let reader = reader(call, call.organization()?)?;
    let format = ExportFormat::try_from(call.message.format()).ok();
    let named = call.name(violations).zip(format);
    Ok(named.map(|(name, format)| (reader, name, format)))
}
