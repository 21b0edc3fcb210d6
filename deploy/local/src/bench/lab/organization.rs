//! The organization that is measured, set up through the public RPCs.

use anyhow::Context;
use muster_proto::organization::v1::group_service_client::GroupServiceClient;
use muster_proto::organization::v1::organization_service_client::OrganizationServiceClient;
use muster_proto::organization::v1::subscription_service_client::SubscriptionServiceClient;
use muster_proto::organization::v1::{
    ActivateSubscriptionRequest, ApproveOrganizationRequest, CreateGroupRequest, CreateOrganizationRequest,
    Group, Limits, Organization, Plan, SubmitOrganizationRequest,
};
use tonic::metadata::{Ascii, MetadataValue};

use super::{Lab, answer, in_the_name_of};

impl Lab {
    /// Creates the organization and hands it in.
    pub(super) async fn create(&self) -> anyhow::Result<String> {
        let mut organizations = OrganizationServiceClient::new(self.edge.clone());
        let organization = Organization {
            display_name: "Measured Early Learning".to_owned(),
            licensing_authority: "us-mi".to_owned(),
            license_number: format!("dc-{}", self.clock.now().unix_timestamp()),
            ..Organization::default()
        };
        let request = CreateOrganizationRequest {
            organization: Some(organization),
            request_id: self.request_id(),
        };
        let made = organizations.create_organization(self.call(request)).await;
        let name = answer(made)?.organization.context("no organization")?.name;
        let request = SubmitOrganizationRequest {
            name: name.clone(),
            request_id: self.request_id(),
        };
        answer(organizations.submit_organization(self.call(request)).await)?;
        Ok(name)
    }

    /// Registry staff approve it.
    pub(super) async fn approve(&self, staff: &MetadataValue<Ascii>) -> anyhow::Result<()> {
        let mut organizations = OrganizationServiceClient::new(self.edge.clone());
        let request = ApproveOrganizationRequest {
            name: self.organization.clone(),
            reason: "to be measured".to_owned(),
            request_id: self.request_id(),
        };
        let approved = organizations.approve_organization(in_the_name_of(staff, request));
        answer(approved.await).map(drop)
    }

    /// And give it a plan whose limits nothing here reaches.
    pub(super) async fn subscribe(&self, staff: &MetadataValue<Ascii>) -> anyhow::Result<()> {
        let mut subscriptions = SubscriptionServiceClient::new(self.edge.clone());
        let request = ActivateSubscriptionRequest {
            name: format!("{}/subscription", self.organization),
            plan: Plan::Premium.into(),
            limits: Some(Limits {
                invitations_by_hand: 10,
                import_rows: 500,
                messages_per_day: 10_000_000,
            }),
            end_time: None,
            reason: "to be measured".to_owned(),
            request_id: self.request_id(),
        };
        let activated = subscriptions.activate_subscription(in_the_name_of(staff, request));
        answer(activated.await).map(drop)
    }

    /// The group that everybody is invited to.
    pub(super) async fn create_group(&self) -> anyhow::Result<String> {
        let mut groups = GroupServiceClient::new(self.edge.clone());
        let request = CreateGroupRequest {
            parent: self.organization.clone(),
            group: Some(Group {
                display_name: "Lead Teachers".to_owned(),
                ..Group::default()
            }),
            request_id: self.request_id(),
        };
        let made = groups.create_group(self.call(request)).await;
        Ok(answer(made)?.group.context("no group")?.name)
    }
}
