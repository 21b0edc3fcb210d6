//! From the domain to messages. Exhaustive: a field that is added there does not compile until it is sent, or left out
//! in so many words.

use muster_ids::{GroupName, InvitationName, LocationName, PersonName};
use muster_proto::employment::v1 as pb;
use muster_server::convert::timestamp;

use crate::domain::{Employment, EmploymentState, End, Rejection, RejectionReason, Side};

muster_proto::same_values! {
    EmploymentState = pb::EmploymentState { PendingVerification, Verified, Rejected, Withdrawn, Ended }
}

muster_proto::same_values! {
    Side = pb::EmploymentSide { Person, Organization }
}

muster_proto::same_values! {
    RejectionReason = pb::RejectionReason { NotEmployed, OtherSite, Position, Dates, Other }
}

impl From<Rejection> for pb::Rejection {
    fn from(rejection: Rejection) -> Self {
        let Rejection {
            reason,
            comment,
            by,
            time,
        } = rejection;
        Self {
            reason: pb::RejectionReason::from(reason).into(),
            comment,
            person: PersonName { person: by }.to_string(),
            reject_time: Some(timestamp(time)),
        }
    }
}

impl From<Employment> for pb::Employment {
    fn from(employment: Employment) -> Self {
        let name = employment.name().to_string();
        let (etag, wait_time) = (employment.etag(), employment.waits_since());
        let Employment {
            organization,
            id: _,
            person,
            person_display_name,
            state,
            groups,
            location,
            source_invitation,
            version: _,
            create_time,
            verify_time,
            first_verify_time: _,
            wait_time: _,
            end,
            kept: _,
            corrections: _,
            rejections,
            start,
            positions,
            // Whether a consent is still in force, its grant says.
            consent: _,
        } = employment;
        let (last_day, ended_by) = (
            end.as_ref().and_then(|end| end.last_day),
            end.as_ref().map(|end| end.by),
        );
        Self {
            name,
            etag,
            person: PersonName { person }.to_string(),
            person_display_name,
            state: pb::EmploymentState::from(state).into(),
            groups: groups
                .into_iter()
                .map(|group| GroupName { organization, group }.to_string())
                .collect(),
            location: location
                .map(|location| {
                    LocationName {
                        organization,
                        location,
                    }
                    .to_string()
                })
                .unwrap_or_default(),
            source_invitation: source_invitation
                .map(|invitation| {
                    InvitationName {
                        organization,
                        invitation,
                    }
                    .to_string()
                })
                .unwrap_or_default(),
            create_time: Some(timestamp(create_time)),
            verify_time: verify_time.map(timestamp),
            wait_time: wait_time.map(timestamp),
            end_time: end.as_ref().and_then(End::time).map(timestamp),
            last_day: last_day.map(|day| day.to_string()).unwrap_or_default(),
            ended_by: ended_by
                .map_or(pb::EmploymentSide::Unspecified, Into::into)
                .into(),
            undo_deadline_time: end.as_ref().and_then(End::undo_deadline).map(timestamp),
            end_reason: end.map(|end| end.reason).unwrap_or_default(),
            rejections: rejections.into_iter().map(Into::into).collect(),
            start_date: start.map(|start| start.to_string()).unwrap_or_default(),
            positions: positions.into_iter().map(Into::into).collect(),
        }
    }
}
