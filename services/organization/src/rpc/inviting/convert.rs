//! From the domain to messages, exhaustively.

use muster_proto::organization::v1 as pb;

use super::InvitingContext;

impl From<InvitingContext> for pb::GetInvitingContextResponse {
    fn from(context: InvitingContext) -> Self {
        let InvitingContext {
            organization,
            in_force,
            groups,
            locations,
        } = context;
        Self {
            state: pb::OrganizationState::from(organization.state).into(),
            display_name: organization.display_name.to_string(),
            plan: pb::Plan::from(in_force.plan).into(),
            limits: Some(in_force.limits.into()),
            groups: groups.into_iter().map(Into::into).collect(),
            locations: locations.into_iter().map(Into::into).collect(),
            licensing_authority: organization.license.authority().as_str().to_owned(),
        }
    }
}
