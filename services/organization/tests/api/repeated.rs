//! The same request twice: one effect, one answer.

use muster_identity::Role;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::catalog_service_client::CatalogServiceClient;
use muster_proto::organization::v1::location_service_client::LocationServiceClient;
use muster_proto::organization::v1::subscription_service_client::SubscriptionServiceClient;
use muster_refusal::ErrorReason;
use muster_testkit::TestCaller;

use crate::fixture::{Fixture, approve, group, name, owner, submit};
use crate::refused::{fields, refused};
use crate::subscriptions::premium;

const ID: &str = "0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88";

fn create(fixture: &Fixture, request_id: &str) -> pb::CreateOrganizationRequest {
    pb::CreateOrganizationRequest {
        organization: Some(fixture.profile()),
        request_id: request_id.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_creation_answers_the_same_profile() {
    let fixture = Fixture::new().await;
    let request = create(&fixture, ID);
    let mut profiles = fixture.profiles(TestCaller::person("owner"));
    let first = profiles
        .create_organization(request.clone())
        .await
        .unwrap()
        .into_inner();
    let again = profiles
        .create_organization(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, again);
    // Another person's id is another id.
    let other = fixture
        .profiles(TestCaller::person("outsider"))
        .create_organization(request)
        .await
        .unwrap();
    assert_ne!(first, other.into_inner());
    assert_eq!(
        fixture
            .service
            .database
            .count("SELECT count(*) FROM organizations")
            .await,
        2
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_at_once_it_is_still_one_profile() {
    let fixture = Fixture::new().await;
    let request = create(&fixture, ID);
    let calls = (0..8).map(|_| {
        let (mut profiles, request) = (fixture.profiles(TestCaller::person("owner")), request.clone());
        async move { profiles.create_organization(request).await.unwrap().into_inner() }
    });
    let answers = futures::future::join_all(calls).await;
    assert!(answers.iter().all(|answer| answer == &answers[0]));
    assert_eq!(
        fixture
            .service
            .database
            .count("SELECT count(*) FROM organizations")
            .await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_is_a_uuid() {
    let fixture = Fixture::new().await;
    let answer = fixture
        .profiles(TestCaller::person("owner"))
        .create_organization(create(&fixture, "again"))
        .await;
    assert_eq!(fields(answer, ErrorReason::InvalidRequest), ["request_id"]);
}

/// Sends a request with an id, sends it again, and sends another request with the same id.
macro_rules! reuse {
    ($client:expr, $method:ident, $request:expr, $other:expr) => {{
        let request_id = ID.to_owned();
        let mut request = $request;
        request.request_id.clone_from(&request_id);
        let first = $client.$method(request.clone()).await.unwrap().into_inner();
        assert_eq!(first, $client.$method(request).await.unwrap().into_inner());
        let mut other = $other;
        other.request_id = request_id;
        refused($client.$method(other).await, ErrorReason::RequestIdReused);
    }};
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_of_another_request_is_refused_everywhere() {
    let fixture = Fixture::new().await;
    let mut profiles = fixture.profiles(TestCaller::person("owner"));
    reuse!(
        profiles,
        create_organization,
        create(&fixture, ""),
        create(&fixture, "")
    );

    // A name can be the same organization's only: the other request is another person's profile, of the same caller.
    let (mine, other) = (
        fixture.draft("owner", fixture.profile()).await,
        fixture.draft("owner", fixture.profile()).await,
    );
    let mut request = submit(mine);
    request.request_id = ID.to_owned();
    fixture
        .profiles(owner(mine))
        .submit_organization(request)
        .await
        .unwrap();
    let mut request = submit(other);
    request.request_id = ID.to_owned();
    let answer = fixture.profiles(owner(other)).submit_organization(request).await;
    refused(answer, ErrorReason::RequestIdReused);

    let id = fixture.submitted().await;
    let mut staff = fixture.profiles(TestCaller::staff(id));
    let another = pb::ApproveOrganizationRequest {
        reason: "another".to_owned(),
        ..approve(id)
    };
    reuse!(staff, approve_organization, approve(id), another);

    let admin = TestCaller::member("admin", id, Role::Admin);
    let mut groups = fixture.groups(admin.clone());
    reuse!(
        groups,
        create_group,
        group(id, "A", vec![]),
        group(id, "B", vec![])
    );

    let mut locations = LocationServiceClient::new(fixture.service.calls_of(admin.clone()));
    let location = |called: &str| {
        let location = pb::Location {
            display_name: called.to_owned(),
            ..Default::default()
        };
        pb::CreateLocationRequest {
            parent: name(id),
            location: Some(location),
            request_id: String::new(),
        }
    };
    reuse!(locations, create_location, location("A"), location("B"));

    let mut catalog = CatalogServiceClient::new(fixture.service.calls_of(admin));
    let taking = |training: String| pb::AddTrainingRequest {
        parent: name(id),
        training,
        request_id: String::new(),
    };
    let (one, other) = (fixture.training().await, fixture.training().await);
    reuse!(catalog, add_training, taking(one), taking(other));

    let mut subscriptions = SubscriptionServiceClient::new(fixture.service.calls_of(TestCaller::staff(id)));
    let another = pb::ActivateSubscriptionRequest {
        reason: "another".to_owned(),
        ..premium(id)
    };
    reuse!(subscriptions, activate_subscription, premium(id), another);
}
