//! From messages to types that cannot be wrong.

use muster_ids::{OrganizationId, OrganizationName, PersonName, StaffReadId};
use muster_proto::organization::v1 as pb;
use muster_refusal::Violations;
use muster_server::names::named;
use muster_server::{Call, Parsed};
use time::OffsetDateTime;

use crate::domain::StaffRead;
use crate::rpc::named_organization;

pub(super) fn list(
    call: &Call<pb::ListStaffReadsRequest>,
    violations: &mut Violations,
) -> Parsed<OrganizationId> {
    let parent = call.name::<OrganizationName>(violations);
    Ok(parent.map(|parent| parent.organization))
}

pub(super) fn log(
    call: &Call<pb::LogStaffReadRequest>,
    violations: &mut Violations,
    now: OffsetDateTime,
) -> Parsed<StaffRead> {
    let given = &call.message;
    let organization = named_organization(violations, &given.organization);
    let id = violations.check("staff_read", given.staff_read.parse::<StaffReadId>());
    let staff = named::<PersonName>(violations, "staff", &given.staff);
    let (Some(organization), Some(id), Some(staff)) = (organization, id, staff) else {
        return Ok(None);
    };
    Ok(Some(StaffRead {
        organization,
        id,
        staff: staff.person,
        staff_display_name: given.staff_display_name.clone(),
        method: given.method.clone(),
        subject: given.subject.clone(),
        person: None,
        reason: given.reason.clone(),
        time: now,
    }))
}
