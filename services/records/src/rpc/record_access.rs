//! Readings of records, as messages.

use muster_ids::{OrganizationName, PersonName, RecordAccessName};
use muster_proto::records::v1 as pb;
use muster_server::convert::timestamp;

use crate::domain::RecordAccess;

impl From<RecordAccess> for pb::RecordAccess {
    fn from(access: RecordAccess) -> Self {
        let RecordAccess {
            person,
            id,
            organization,
            reader,
            reader_display_name,
            grant: _,
            access_time,
        } = access;
        Self {
            name: RecordAccessName { person, access: id }.to_string(),
            organization: OrganizationName { organization }.to_string(),
            reader: PersonName { person: reader }.to_string(),
            reader_display_name,
            reason: pb::RecordAccessReason::Grant.into(),
            access_time: Some(timestamp(access_time)),
        }
    }
}
