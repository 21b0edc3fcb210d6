//! From the domain to messages, exhaustively.

use muster_ids::TrainingName;
use muster_proto::organization::v1 as pb;
use muster_server::convert::timestamp;
use muster_server::etag::etag;

use crate::domain::{Group, GroupState, InvitingGroup, PlaceUsage};

impl From<Group> for pb::Group {
    fn from(group: Group) -> Self {
        let name = group.name().to_string();
        let Group {
            organization: _,
            id: _,
            display_name,
            trainings,
            inactive,
            state,
            version,
            create_time,
        } = group;
        let named = |training| TrainingName { training }.to_string();
        Self {
            name,
            etag: etag(version),
            display_name: display_name.as_str().to_owned(),
            trainings: trainings.into_iter().map(named).collect(),
            inactive_trainings: inactive.into_iter().map(named).collect(),
            state: pb::GroupState::from(state).into(),
            create_time: Some(timestamp(create_time)),
        }
    }
}

/// Without the trainings: a large organization's would not fit into a message.
impl From<InvitingGroup> for pb::InvitingGroup {
    fn from(group: InvitingGroup) -> Self {
        let InvitingGroup {
            name,
            display_name,
            state,
            version,
            assigns,
        } = group;
        Self {
            name: name.to_string(),
            etag: etag(version),
            display_name: display_name.as_str().to_owned(),
            state: pb::GroupState::from(state).into(),
            has_trainings: assigns,
        }
    }
}

impl From<Group> for pb::InvitingGroup {
    fn from(group: Group) -> Self {
        InvitingGroup::from(group).into()
    }
}

impl From<PlaceUsage> for pb::PlaceUsage {
    fn from(usage: PlaceUsage) -> Self {
        let PlaceUsage {
            open_employments,
            live_invitations,
        } = usage;
        Self {
            open_employments,
            live_invitations,
        }
    }
}

muster_proto::same_values! { GroupState = pb::GroupState { Active, Inactive } }
