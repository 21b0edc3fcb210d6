//! From the domain to messages, exhaustively.

use muster_ids::PersonName;
use muster_proto::organization::v1 as pb;
use muster_server::convert::timestamp;

use crate::domain::StaffRead;

impl From<StaffRead> for pb::StaffRead {
    fn from(read: StaffRead) -> Self {
        let name = read.name().to_string();
        let StaffRead {
            organization: _,
            id: _,
            staff,
            staff_display_name,
            method,
            subject,
            person,
            reason,
            time,
        } = read;
        let person = person.map(|person| PersonName { person }.to_string());
        Self {
            name,
            staff: PersonName { person: staff }.to_string(),
            staff_display_name,
            method,
            subject,
            person: person.unwrap_or_default(),
            reason,
            read_time: Some(timestamp(time)),
        }
    }
}
