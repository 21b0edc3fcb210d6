//! Readings of records, as messages.

use muster_ids::{OrganizationName, PersonName, RecordAccessName};
use muster_proto::organization::v1::Role;
use muster_proto::records::v1 as pb;
use muster_server::convert::timestamp;

use crate::domain::{AccessKind, AccessReason, ReaderRole, RecordAccess};

muster_proto::same_values! { AccessReason = pb::RecordAccessReason { Grant, Staff } }
muster_proto::same_values! { AccessKind = pb::RecordAccessKind { Record, Report } }
muster_proto::same_values! { ReaderRole = Role { Viewer, Admin, Owner } }

impl From<RecordAccess> for pb::RecordAccess {
    fn from(access: RecordAccess) -> Self {
        let RecordAccess {
            person,
            id,
            organization,
            organization_display_name,
            reader,
            reader_display_name,
            permit,
            access_time,
            export,
            kind,
            reader_role,
        } = access;
        Self {
            name: RecordAccessName { person, access: id }.to_string(),
            organization: OrganizationName { organization }.to_string(),
            organization_display_name,
            reader: PersonName { person: reader }.to_string(),
            reader_display_name,
            reason: pb::RecordAccessReason::from(permit.reason()).into(),
            access_time: Some(timestamp(access_time)),
            export_format: export.map_or(pb::ExportFormat::Unspecified, Into::into).into(),
            kind: kind.map_or(pb::RecordAccessKind::Unspecified, Into::into).into(),
            reader_role: reader_role.map_or(Role::Unspecified, Into::into).into(),
        }
    }
}
