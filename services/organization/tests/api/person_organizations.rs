//! The organizations of a person.

use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::person_organization_service_client::PersonOrganizationServiceClient;
use muster_refusal::ErrorReason as R;
use muster_testkit::{Callers, TestCaller};
use tonic::{Response, Status};

use crate::employed::employed;
use crate::fixture::{Fixture, name};
use crate::ownership::let_in;
use crate::profile_users::added;
use crate::refused::refused;

async fn page(
    fixture: &Fixture,
    who: &str,
    request: pb::ListPersonOrganizationsRequest,
) -> Result<pb::ListPersonOrganizationsResponse, Status> {
    let calls = fixture.service.calls_of(TestCaller::person(who));
    let mut client = PersonOrganizationServiceClient::new(calls);
    let listed = client.list_person_organizations(request).await;
    listed.map(Response::into_inner)
}

async fn own(fixture: &Fixture, who: &str) -> Vec<pb::PersonOrganization> {
    let request = pb::ListPersonOrganizationsRequest {
        parent: "persons/me".into(),
        ..Default::default()
    };
    page(fixture, who, request).await.unwrap().organizations
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_finds_what_they_own_and_where_they_were_let_in() {
    let fixture = Fixture::new().await;
    let active = fixture.active().await;
    let draft = fixture.draft("owner", fixture.profile()).await;
    let other = fixture.draft("outsider", fixture.profile()).await;
    let_in(&fixture, other, "owner").await;
    added(&fixture, active, "vera", pb::Role::Viewer).await;

    let listed = own(&fixture, "owner").await;
    let seen: Vec<_> = listed
        .iter()
        .map(|one| (one.organization.clone(), one.role(), one.state(), one.origin()))
        .collect();
    use pb::OrganizationState as S;
    use pb::ProfileUserOrigin as O;
    assert_eq!(
        seen,
        [
            (name(other), pb::Role::Admin, S::Draft, O::Request),
            (name(draft), pb::Role::Owner, S::Draft, O::Unspecified),
            (name(active), pb::Role::Owner, S::Active, O::Unspecified),
        ]
    );
    let profile = fixture.read(active).await;
    assert_eq!(listed[2].organization_number, profile.organization_number);
    assert_eq!(listed[2].display_name, profile.display_name);

    let [of_vera] = own(&fixture, "vera").await.try_into().unwrap();
    assert_eq!(of_vera.access_state(), pb::ProfileUserState::Active);
    employed(&fixture, active, "vera", "PENDING_VERIFICATION").await;
    let [of_vera] = own(&fixture, "vera").await.try_into().unwrap();
    assert_eq!(
        (of_vera.role(), of_vera.access_state()),
        (pb::Role::Viewer, pb::ProfileUserState::Asleep)
    );
    assert_eq!(own(&fixture, "nobody").await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_paged_and_shown_to_nobody_else() {
    let fixture = Fixture::new().await;
    let mut all = Vec::new();
    for _ in 0..3 {
        all.push(name(fixture.draft("owner", fixture.profile()).await));
        let other = fixture.draft("outsider", fixture.profile()).await;
        let_in(&fixture, other, "owner").await;
        all.push(name(other));
    }
    all.reverse();
    let parent = format!("persons/{}", Callers::person("owner").id);
    let mut request = pb::ListPersonOrganizationsRequest {
        parent,
        page_size: 2,
        ..Default::default()
    };
    let mut seen = Vec::new();
    loop {
        let listed = page(&fixture, "owner", request.clone()).await.unwrap();
        assert!(listed.organizations.len() <= 2);
        seen.extend(listed.organizations.into_iter().map(|one| one.organization));
        request.page_token = listed.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, all);
    request.page_token.clear();
    refused(page(&fixture, "outsider", request).await, R::PermissionDenied);
}
