//! The organization service, as far as inviting needs it.

use muster_ids::{GroupName, LocationName, OrganizationId, OrganizationName};
use muster_proto::organization::v1 as proto;
use muster_proto::organization::v1::inviting_internal_service_client::InvitingInternalServiceClient;
use muster_server::Peer;
use tonic::{Code, Request};

use crate::domain::context::{Context, Group, Limits, Plan, Standing};
use crate::error::Error;

/// Asks the organization service.
#[derive(Debug, Clone)]
pub(crate) struct Organization {
    client: InvitingInternalServiceClient<Peer>,
}

impl Organization {
    /// The service at this peer.
    pub(crate) fn new(peer: Peer) -> Self {
        // A context of a large organization, with thousands of groups, is far below this.
        let client = InvitingInternalServiceClient::new(peer).max_decoding_message_size(4 * 1024 * 1024);
        Self { client }
    }

    /// What the organization may invite to, at this moment.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such organization, or the peer's failure.
    pub(crate) async fn context(&self, organization: OrganizationId) -> Result<Context, Error> {
        let organization = OrganizationName { organization }.to_string();
        let request = Request::new(proto::GetInvitingContextRequest { organization });
        match self.client.clone().get_inviting_context(request).await {
            Ok(response) => Ok(parse(response.into_inner())),
            Err(status) if status.code() == Code::NotFound => Err(Error::NotFound),
            Err(status) => Err(status.into()),
        }
    }

    /// As [`Organization::context`], of an active organization.
    ///
    /// # Errors
    /// [`Error::OrganizationNotActive`] as well.
    pub(crate) async fn active_context(&self, organization: OrganizationId) -> Result<Context, Error> {
        let context = self.context(organization).await?;
        match &context.standing {
            Standing::Active => Ok(context),
            other => Err(Error::OrganizationNotActive {
                state: other.word().to_owned(),
            }),
        }
    }
}

/// Names that cannot be read are left out: nobody can be invited there, which refuses rather than guesses.
fn parse(answer: proto::GetInvitingContextResponse) -> Context {
    let standing = match answer.state() {
        proto::OrganizationState::Active => Standing::Active,
        proto::OrganizationState::Suspended => Standing::Suspended,
        other => {
            let name = other.as_str_name();
            Standing::Other(
                name.strip_prefix("ORGANIZATION_STATE_")
                    .unwrap_or(name)
                    .to_owned(),
            )
        }
    };
    let plan = match answer.plan() {
        proto::Plan::Premium => Plan::Premium,
        proto::Plan::Basic | proto::Plan::Unspecified => Plan::Basic,
    };
    let limits = answer.limits.unwrap_or_default();
    let groups = answer.groups.into_iter().filter_map(|group| {
        let id = group.name.parse::<GroupName>().ok()?.group;
        Some((id, parse_group(group)))
    });
    let locations = answer.locations.into_iter().filter_map(|location| {
        Some((
            location.name.parse::<LocationName>().ok()?.location,
            location.display_name,
        ))
    });
    Context {
        standing,
        display_name: answer.display_name,
        plan,
        limits: Limits {
            by_hand: limits.invitations_by_hand.into(),
            import_rows: limits.import_rows.into(),
            messages_per_day: limits.messages_per_day.into(),
        },
        groups: groups.collect(),
        locations: locations.collect(),
    }
}

fn parse_group(group: proto::Group) -> Group {
    Group {
        is_active: group.state() == proto::GroupState::Active,
        has_trainings: !group.trainings.is_empty(),
        etag: group.etag,
        display_name: group.display_name,
    }
}
