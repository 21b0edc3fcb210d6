//! From the domain to messages, exhaustively.

use muster_ids::{OrganizationId, OrganizationName, PersonName};
use muster_proto::organization::v1 as pb;

use super::InvitingContext;
use crate::domain::InvitingOrganization;
use crate::rpc::join_page::open::OpenPage;
use crate::rpc::join_page::rules;

impl From<InvitingContext> for pb::GetInvitingContextResponse {
    fn from(context: InvitingContext) -> Self {
        let InvitingContext {
            organization,
            in_force,
            locations,
            time_zone,
        } = context;
        let InvitingOrganization {
            state,
            display_name,
            language,
            authority,
            // What of it is in force is told.
            subscription: _,
            groups,
        } = organization;
        Self {
            state: pb::OrganizationState::from(state).into(),
            display_name: display_name.to_string(),
            plan: pb::Plan::from(in_force.plan).into(),
            limits: Some(in_force.limits.into()),
            groups: groups.into_iter().map(Into::into).collect(),
            locations: locations.into_iter().map(Into::into).collect(),
            language: language.tag().to_owned(),
            licensing_authority: authority.as_str().to_owned(),
            time_zone,
        }
    }
}

/// The page of an organization.
pub(super) fn open_page(organization: OrganizationId, page: &OpenPage) -> pb::GetOpenJoinPageResponse {
    pb::GetOpenJoinPageResponse {
        organization: OrganizationName { organization }.to_string(),
        enabled_by: PersonName {
            person: page.enabled_by,
        }
        .to_string(),
        allowed_domains: rules(&page.allowed_domains),
    }
}
