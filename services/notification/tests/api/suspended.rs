//! What goes out while an organization is suspended, and when it goes on: from the act of registry staff at the real organization service
//! to the inboxes.

use std::time::Duration;

use muster_ids::OrganizationName;
use muster_proto::invitation::v1::CancelInvitationRequest;
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::organization::v1::organization_service_client::OrganizationServiceClient;
use muster_proto::organization::v1::{ReinstateOrganizationRequest, SuspendOrganizationRequest};
use muster_testkit::{TestCaller, TestChannel, eventually};

use crate::service::ServiceFixture;

const OWNER: &str = "owner@example.com";

fn staff(fixture: &ServiceFixture) -> (OrganizationServiceClient<TestChannel>, String) {
    let organization = fixture.organization;
    let calls = fixture.organizations.calls_of(TestCaller::staff(organization));
    let name = OrganizationName { organization }.to_string();
    (OrganizationServiceClient::new(calls), name)
}

/// Who has got mail, and what the owner read as its subject.
fn inboxes(fixture: &ServiceFixture) -> (Vec<String>, Vec<String>) {
    let (owners, others): (Vec<_>, Vec<_>) = fixture
        .smtp
        .taken()
        .into_iter()
        .partition(|mail| mail.to == OWNER);
    let subject = |text: String| {
        let mut lines = text.lines();
        let subject = lines.find_map(|line| line.strip_prefix("Subject: "));
        subject.unwrap_or_default().trim().to_owned()
    };
    let subjects = owners.into_iter().map(|mail| subject(mail.text())).collect();
    (others.into_iter().map(|mail| mail.to).collect(), subjects)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_is_told_at_once_and_what_waits_is_judged_again_when_it_ends() {
    let mut fixture = ServiceFixture::new().await;
    fixture.service.leave().await;
    let (_, wanted) = fixture.invite_this(Default::default()).await;
    let (cancelled, _) = fixture.invite_this(Default::default()).await;
    let (mut organizations, name) = staff(&fixture);
    let suspend = SuspendOrganizationRequest {
        name: name.clone(),
        reason: "an inspection of Zebulon".to_owned(),
        ..Default::default()
    };
    organizations.suspend_organization(suspend).await.unwrap();
    fixture.service.come_back().await;
    let begun = ["Day nursery is suspended".to_owned()];
    eventually(async || {
        fixture.service.clock.advance(Duration::from_millis(200));
        inboxes(&fixture).1 == begun
    })
    .await;
    let waiting = "SELECT count(*) FROM deliveries WHERE state = 'QUEUED' AND unasked > 0";
    fixture.counted(waiting, 2).await;
    assert_eq!(inboxes(&fixture), (Vec::new(), begun.to_vec()));
    let told = fixture.smtp.taken().remove(0).text();
    assert!(
        !told.contains("Zebulon"),
        "why stands where people sign in: {told}"
    );

    let owner = TestCaller::member("owner", fixture.organization, muster_identity::Role::Owner);
    let cancel = CancelInvitationRequest {
        name: cancelled.to_string(),
        ..Default::default()
    };
    let mut invitations = InvitationServiceClient::new(fixture.invitations.calls_of(owner));
    invitations.cancel_invitation(cancel).await.unwrap();
    let reinstate = ReinstateOrganizationRequest {
        name,
        reason: "all is well".to_owned(),
        ..Default::default()
    };
    organizations.reinstate_organization(reinstate).await.unwrap();
    fixture.service.clock.advance(Duration::from_secs(60));
    let dropped = "SELECT count(*) FROM deliveries WHERE state = 'DROPPED'";
    fixture.counted(dropped, 1).await;
    fixture.sent(3).await;
    let both = [begun[0].as_str(), "Day nursery is active again"].map(str::to_owned);
    assert_eq!(inboxes(&fixture), (vec![wanted], both.to_vec()));
}
