//! The mail that somebody asks to be let in: from the request at the real organization service to the owner's inbox.

use std::time::Duration;

use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::organization_service_client::OrganizationServiceClient;
use muster_proto::organization::v1::person_access_request_service_client::PersonAccessRequestServiceClient;
use muster_testkit::{TestCaller, eventually};

use crate::service::ServiceFixture;

const OWNER: &str = "owner@example.com";

#[tokio::test(flavor = "multi_thread")]
async fn a_request_for_access_reaches_the_owner_by_a_mail_that_names_nobody() {
    let fixture = ServiceFixture::new().await;
    let owner = fixture.organizations.calls_of(TestCaller::member(
        "owner",
        fixture.organization,
        muster_identity::Role::Owner,
    ));
    let name = fixture.list_request().parent;
    let read = OrganizationServiceClient::new(owner)
        .get_organization(pb::GetOrganizationRequest { name })
        .await
        .unwrap();
    let request = pb::RequestAccessRequest {
        parent: "persons/me".to_owned(),
        organization_number: read.into_inner().organization.unwrap().organization_number,
        role: pb::Role::Viewer.into(),
        message: "I keep the books".to_owned(),
        request_id: String::new(),
    };
    let asker = fixture.organizations.calls_of(TestCaller::person("keeper"));
    PersonAccessRequestServiceClient::new(asker)
        .request_access(request)
        .await
        .unwrap();
    let inbox = || fixture.smtp.taken().into_iter().filter(|mail| mail.to == OWNER);
    eventually(async || {
        fixture.service.clock.advance(Duration::from_millis(200));
        inbox().count() == 1
    })
    .await;
    let text = inbox().next().unwrap().text();
    assert!(
        text.contains("Subject: Somebody asks for access to Day nursery"),
        "{text}"
    );
    assert!(!text.contains("keeper") && !text.contains("books"), "{text}");
}
