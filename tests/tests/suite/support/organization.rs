//! An organization of a test's own, made through the edge.

use muster_proto::invitation::v1::invitation_redemption_service_client::InvitationRedemptionServiceClient;
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{
    AcceptInvitationRequest, BatchCreateInvitationsRequest, CreateInvitationRequest, GetInvitationRequest,
    Invitation, InvitationState, ListInvitationsRequest,
};
use muster_proto::organization::v1::catalog_service_client::CatalogServiceClient;
use muster_proto::organization::v1::group_service_client::GroupServiceClient;
use muster_proto::organization::v1::organization_service_client::OrganizationServiceClient;
use muster_proto::organization::v1::subscription_service_client::SubscriptionServiceClient;
use muster_proto::organization::v1::{
    ActivateSubscriptionRequest, AddTrainingRequest, ApproveOrganizationRequest, CreateGroupRequest,
    CreateOrganizationRequest, Group, Limits, Organization as Profile, Plan, SubmitOrganizationRequest,
};
use muster_proto::records::v1::training_service_client::TrainingServiceClient;
use muster_proto::records::v1::{CreateTrainingRequest, Training};
use tonic::transport::Channel;

use super::mail::token_of;
use super::{Database, Suite};

/// An active organization of `owner`, with a premium plan, a training and a group that requires it.
pub(crate) struct Organization {
    pub(crate) name: String,
    pub(crate) group: String,
    pub(crate) edge: Channel,
    pub(crate) owner: String,
}

impl Organization {
    /// Owned by `owner`.
    pub(crate) async fn create(suite: &Suite) -> Self {
        Self::owned_by(suite, "owner").await
    }

    pub(crate) async fn owned_by(suite: &Suite, owner: &str) -> Self {
        let edge = suite.edge();
        let name = Self::draft(suite, owner).await.name;
        let mut organizations = OrganizationServiceClient::new(edge.clone());
        let request = SubmitOrganizationRequest {
            name: name.clone(),
            request_id: String::new(),
        };
        organizations
            .submit_organization(suite.call(owner, request))
            .await
            .unwrap();
        let request = ApproveOrganizationRequest {
            name: name.clone(),
            reason: "a test".into(),
            request_id: String::new(),
        };
        organizations
            .approve_organization(suite.call("staff", request))
            .await
            .unwrap();
        let request = ActivateSubscriptionRequest {
            name: format!("{name}/subscription"),
            plan: Plan::Premium.into(),
            limits: Some(Limits {
                invitations_by_hand: 10,
                import_rows: 500,
                messages_per_day: 100_000,
            }),
            reason: "a test".into(),
            ..Default::default()
        };
        SubscriptionServiceClient::new(edge.clone())
            .activate_subscription(suite.call("staff", request))
            .await
            .unwrap();
        let group = Self::group(suite, &edge, owner, &name).await;
        Self {
            name,
            group,
            edge,
            owner: owner.to_owned(),
        }
    }

    /// A profile that was only begun.
    pub(crate) async fn draft(suite: &Suite, owner: &str) -> Profile {
        let profile = Profile {
            display_name: "Test Kindergarten".into(),
            licensing_authority: "us-mi".into(),
            license_number: format!("T{}", suite.unique()),
            ..Default::default()
        };
        let request = CreateOrganizationRequest {
            organization: Some(profile),
            request_id: String::new(),
        };
        let made = OrganizationServiceClient::new(suite.edge())
            .create_organization(suite.call(owner, request))
            .await;
        made.unwrap().into_inner().organization.unwrap()
    }

    async fn group(suite: &Suite, edge: &Channel, owner: &str, parent: &str) -> String {
        let training = Training {
            code: format!("T-{}", suite.unique()),
            display_name: "A training".into(),
            ..Default::default()
        };
        let request = CreateTrainingRequest {
            training: Some(training),
            request_id: String::new(),
        };
        let made = TrainingServiceClient::new(edge.clone())
            .create_training(suite.call("staff", request))
            .await;
        let training = made.unwrap().into_inner().training.unwrap().name;
        let request = AddTrainingRequest {
            parent: parent.into(),
            training: training.clone(),
            request_id: String::new(),
        };
        CatalogServiceClient::new(edge.clone())
            .add_training(suite.call(owner, request))
            .await
            .unwrap();
        let group = Group {
            display_name: "Teachers".into(),
            trainings: vec![training],
            ..Default::default()
        };
        let request = CreateGroupRequest {
            parent: parent.into(),
            group: Some(group),
            request_id: String::new(),
        };
        let made = GroupServiceClient::new(edge.clone())
            .create_group(suite.call(owner, request))
            .await;
        made.unwrap().into_inner().group.unwrap().name
    }

    pub(crate) fn invitations(&self) -> InvitationServiceClient<Channel> {
        InvitationServiceClient::new(self.edge.clone())
    }

    /// A request to invite an address.
    pub(crate) fn inviting(&self, address: &str) -> CreateInvitationRequest {
        let invitation = Invitation {
            address: address.into(),
            groups: vec![self.group.clone()],
            ..Default::default()
        };
        CreateInvitationRequest {
            parent: self.name.clone(),
            invitation: Some(invitation),
            request_id: String::new(),
        }
    }

    pub(crate) async fn invite(&self, suite: &Suite, address: &str) -> Invitation {
        let request = suite.call(&self.owner, self.inviting(address));
        self.invitations()
            .create_invitation(request)
            .await
            .unwrap()
            .into_inner()
            .invitation
            .unwrap()
    }

    /// An invitation as it stands now.
    pub(crate) async fn read(&self, suite: &Suite, name: &str) -> Invitation {
        let request = GetInvitationRequest {
            name: name.to_owned(),
        };
        let read = self
            .invitations()
            .get_invitation(suite.call(&self.owner, request))
            .await;
        read.unwrap().into_inner().invitation.unwrap()
    }

    /// Accepts the invitation of a link as `who`.
    pub(crate) async fn join(&self, suite: &Suite, link: &str, who: &str) {
        let request = AcceptInvitationRequest {
            token: token_of(link),
            request_id: String::new(),
        };
        let mut redemption = InvitationRedemptionServiceClient::new(self.edge.clone());
        redemption
            .accept_invitation(suite.call(who, request))
            .await
            .unwrap();
    }

    /// A request to invite several addresses by hand.
    pub(crate) fn inviting_all(&self, addresses: &[String]) -> BatchCreateInvitationsRequest {
        let requests = addresses.iter().map(|address| self.inviting(address)).collect();
        BatchCreateInvitationsRequest {
            parent: self.name.clone(),
            requests,
            request_id: String::new(),
        }
    }

    /// How many invitations there are, whatever has become of them, and how many imports.
    pub(crate) async fn stored(&self, suite: &Suite) -> (i64, i64) {
        let database = Database::of(suite, "invitation").await;
        let count = async |table: &str| {
            let count = format!(
                "SELECT count(*) FROM {table} WHERE organization_id = '{}'",
                self.id()
            );
            database.number(&count).await
        };
        (count("invitations").await, count("imports").await)
    }

    /// The id in its name.
    pub(crate) fn id(&self) -> &str {
        self.name.trim_start_matches("organizations/")
    }

    /// How many invitations are in a state.
    pub(crate) async fn count(&self, suite: &Suite, state: InvitationState) -> i64 {
        let request = ListInvitationsRequest {
            parent: self.name.clone(),
            page_size: 1,
            ..Default::default()
        };
        match self
            .invitations()
            .list_invitations(suite.call(&self.owner, request))
            .await
        {
            Ok(listed) => {
                let counts = listed.into_inner().counts;
                counts
                    .iter()
                    .filter(|count| count.state() == state)
                    .map(|count| count.count)
                    .sum()
            }
            // A part is being killed: nobody knows at the moment.
            Err(_) => -1,
        }
    }
}
