//! Who may call, and what they are told if they may not.

use muster_clock::Clock;
use muster_identity::{Caller, Role};
use muster_ids::OrganizationId;
use muster_proto::organization::v1::{CreateLocationRequest, Location};
use muster_refusal::{ErrorReason, fields_of, reason_of};
use muster_testkit::Callers;
use tonic::{Request, Status};

use crate::small::{CREATE_LOCATION, Fixture, GET_ROLE, get_role};

fn create_in(organization: OrganizationId) -> CreateLocationRequest {
    CreateLocationRequest {
        parent: format!("organizations/{organization}"),
        location: Some(Location {
            display_name: "Main street".to_owned(),
            ..Location::default()
        }),
        ..CreateLocationRequest::default()
    }
}

fn organization() -> OrganizationId {
    OrganizationId::from_uuid(Clock::system().new_uuid())
}

fn admin_of(organization: OrganizationId) -> Caller {
    Callers::member("ada", organization, Role::Admin, "location.create")
}

fn reason<T: std::fmt::Debug>(answer: Result<T, Status>) -> ErrorReason {
    reason_of(&answer.unwrap_err()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn internal_methods_are_for_the_workloads_that_their_rule_names() {
    let fixture = Fixture::new().await;
    let mut roles = fixture.roles().await;
    assert!(roles.get_role(fixture.get_role("persons/1")).await.is_ok());
    let unnamed = fixture
        .callers
        .workload_request(get_role("persons/1"), "notification", "organization");
    assert_eq!(
        reason(roles.get_role(unnamed).await),
        ErrorReason::PermissionDenied
    );
    let elsewhere = fixture
        .callers
        .workload_request(get_role("persons/1"), "gateway", "records");
    assert_eq!(reason(roles.get_role(elsewhere).await), ErrorReason::TokenInvalid);
    assert_eq!(
        reason(roles.get_role(get_role("persons/1")).await),
        ErrorReason::TokenMissing
    );
    let person = Caller::Person(Callers::person("ada"));
    let through_the_edge = fixture
        .callers
        .request(get_role("persons/1"), &person, "organization", GET_ROLE);
    assert_eq!(
        reason(roles.get_role(through_the_edge).await),
        ErrorReason::TokenMissing
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_token_opens_one_method_of_one_service_for_one_organization() {
    let fixture = Fixture::new().await;
    let mut locations = fixture.locations().await;
    let own = organization();
    let call = |message, caller: &Caller, service: &str, method: &str| {
        fixture.callers.request(message, caller, service, method)
    };
    let allowed = call(create_in(own), &admin_of(own), "organization", CREATE_LOCATION);
    let created = locations.create_location(allowed).await.unwrap().into_inner();
    assert_eq!(
        created.location.unwrap().name,
        format!("organizations/{own}/locations/1")
    );

    let other_service = call(create_in(own), &admin_of(own), "records", CREATE_LOCATION);
    assert_eq!(
        reason(locations.create_location(other_service).await),
        ErrorReason::TokenInvalid
    );
    let other_method = call(create_in(own), &admin_of(own), "organization", GET_ROLE);
    assert_eq!(
        reason(locations.create_location(other_method).await),
        ErrorReason::TokenInvalid
    );
    let other_organization = call(
        create_in(organization()),
        &admin_of(own),
        "organization",
        CREATE_LOCATION,
    );
    assert_eq!(
        reason(locations.create_location(other_organization).await),
        ErrorReason::PermissionDenied
    );
    let other_permission = Callers::member("ada", own, Role::Admin, "group.create");
    let other_permission = call(create_in(own), &other_permission, "organization", CREATE_LOCATION);
    assert_eq!(
        reason(locations.create_location(other_permission).await),
        ErrorReason::PermissionDenied
    );
    let workload = fixture
        .callers
        .workload_request(create_in(own), "gateway", "organization");
    assert_eq!(
        reason(locations.create_location(workload).await),
        ErrorReason::TokenMissing
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_token_spoils_the_first() {
    let fixture = Fixture::new().await;
    let own = organization();
    let mut twice = fixture
        .callers
        .request(create_in(own), &admin_of(own), "organization", CREATE_LOCATION);
    let token = twice.metadata().get("muster-caller").unwrap().clone();
    twice.metadata_mut().append("muster-caller", token);
    let answer = fixture.locations().await.create_location(twice).await;
    assert_eq!(reason(answer), ErrorReason::TokenInvalid);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn permission_comes_before_validation_and_all_violations_are_told() {
    let fixture = Fixture::new().await;
    let mut locations = fixture.locations().await;
    let own = organization();
    let bad = |organization| CreateLocationRequest {
        parent: format!("organizations/{organization}/groups"),
        location: None,
        request_id: "no uuid".to_owned(),
    };
    let request = |message| {
        fixture
            .callers
            .request(message, &admin_of(own), "organization", CREATE_LOCATION)
    };
    let foreign = locations.create_location(request(bad(organization()))).await;
    assert_eq!(reason(foreign), ErrorReason::PermissionDenied);
    let status = locations.create_location(request(bad(own))).await.unwrap_err();
    assert_eq!(reason_of(&status), Some(ErrorReason::InvalidRequest));
    let fields = fields_of(&status);
    // The first two break rules of the contract; the third is what the handler parses.
    assert_eq!(fields, ["location", "request_id", "parent"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_method_that_is_not_here_is_refused_with_or_without_a_token() {
    let fixture = Fixture::new().await;
    let mut client = tonic::client::Grpc::new(fixture.channel().await);
    for path in [
        "/muster.organization.v1.GroupService/NoSuch",
        "/muster.records.v1.GrantService/CreateGrant",
        "/x/Y",
    ] {
        client.ready().await.unwrap();
        let codec = tonic_prost::ProstCodec::<CreateLocationRequest, CreateLocationRequest>::default();
        let path = http::uri::PathAndQuery::from_static(path);
        let answer = client
            .unary(Request::new(create_in(organization())), path, codec)
            .await;
        assert_eq!(reason(answer), ErrorReason::MethodNotFound);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn something_behind_a_name_is_refused_whatever_the_handler_looks_at() {
    let fixture = Fixture::new().await;
    let mut locations = fixture.locations().await;
    let own = organization();
    let mut named = async |behind: &str| {
        let mut message = create_in(own);
        message.parent.push_str(behind);
        let request = fixture
            .callers
            .request(message, &admin_of(own), "organization", CREATE_LOCATION);
        reason(locations.create_location(request).await)
    };
    // A name of something else.
    for behind in ["/groups/x", "/subscription", "/locations/a/b"] {
        assert_eq!(named(behind).await, ErrorReason::InvalidRequest, "{behind}");
    }
    // No name: it names no organization either.
    for behind in ["/x/../y", "/..", "/", "//x", "/x y", "?x", "/x%2f"] {
        assert_eq!(named(behind).await, ErrorReason::PermissionDenied, "{behind}");
    }
}
