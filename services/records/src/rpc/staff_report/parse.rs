//! From messages to types that cannot be wrong: what the field rules of the contract cannot say.

use muster_ids::OrganizationName;
use muster_proto::RequestMessage;
use muster_proto::records::v1 as pb;
use muster_refusal::Violations;
use muster_server::{Call, Parsed};

use crate::domain::ExportFormat;
use crate::ops::learning_record::read::Caller;
use crate::rpc;

/// Who reads, and for which organization.
pub(super) fn read_staff_report(
    call: &Call<pb::ReadStaffReportRequest>,
    violations: &mut Violations,
) -> Parsed<Caller> {
    caller(call, violations)
}

/// The same, and into which file.
pub(super) fn export_staff_report(
    call: &Call<pb::ExportStaffReportRequest>,
    violations: &mut Violations,
) -> Parsed<(Caller, ExportFormat)> {
    let format = ExportFormat::try_from(call.message.format()).ok();
    Ok(caller(call, violations)?.zip(format))
}

fn caller<M: RequestMessage>(call: &Call<M>, violations: &mut Violations) -> Parsed<Caller> {
    let name = call.name::<OrganizationName>(violations);
    name.map(|name| rpc::caller(call, name.organization)).transpose()
}
