//! From messages to types that cannot be wrong: what the field rules of the contract cannot say.

use muster_ids::LearningRecordName;
use muster_proto::records::v1 as pb;
use muster_refusal::Violations;
use muster_server::{Call, Parsed};

use crate::domain::ExportFormat;
use crate::ops::learning_record::read::Caller;
use crate::rpc::caller;

/// Who reads, and whose record.
pub(super) fn get_learning_record(
    call: &Call<pb::GetLearningRecordRequest>,
    violations: &mut Violations,
) -> Parsed<(Caller, LearningRecordName)> {
    let caller = caller(call, call.organization()?)?;
    Ok(call.name(violations).map(|name| (caller, name)))
}

/// The same, and into which file.
pub(super) fn export_learning_record(
    call: &Call<pb::ExportLearningRecordRequest>,
    violations: &mut Violations,
) -> Parsed<(Caller, LearningRecordName, ExportFormat)> {
    let caller = caller(call, call.organization()?)?;
    let format = ExportFormat::try_from(call.message.format()).ok();
    let named = call.name(violations).zip(format);
    Ok(named.map(|(name, format)| (caller, name, format)))
}
