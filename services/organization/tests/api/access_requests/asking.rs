//! Asking, and taking it back.

use muster_proto::organization::v1 as pb;
use muster_refusal::ErrorReason as R;
use muster_testkit::{Callers, TestCaller};

use super::{approve, ask, asked, asking, listed, own_requests, withdraw};
use crate::fixture::Fixture;
use crate::profile_users::person;
use crate::refused::{fact, fields, refused};
use crate::roles::role;

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_asks_by_the_number_with_what_their_own_token_says() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let request = asked(&fixture, "ada", id).await;
    assert_eq!(
        request.organization_number,
        fixture.read(id).await.organization_number
    );
    assert_eq!(
        (
            request.person.as_str(),
            request.display_name.as_str(),
            request.address.as_str(),
            request.message.as_str()
        ),
        (
            person("ada").as_str(),
            "ada",
            "ada@example.com",
            "I keep the books"
        )
    );
    assert_eq!(request.role(), pb::Role::Admin);
    assert!(request.create_time.is_some() && request.expire_time.is_some() && request.decide_time.is_none());
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Unspecified);
    let all = pb::AccessRequestState::Unspecified;
    assert_eq!(listed(&fixture, id, all).await, std::slice::from_ref(&request));
    // What waits is answered as it is, whatever is asked the second time.
    let again = ask(&fixture, Callers::person("ada"), id, pb::Role::Viewer)
        .await
        .unwrap();
    assert_eq!(again, request);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sees_their_own_requests_at_every_organization_and_nobody_elses() {
    let fixture = Fixture::new().await;
    let (one, two) = (fixture.active().await, fixture.active().await);
    let first = asked(&fixture, "ada", one).await;
    let second = asked(&fixture, "ada", two).await;
    asked(&fixture, "eve", two).await;
    let list = async |who: &str, parent: &str| {
        let request = pb::ListPersonAccessRequestsRequest {
            parent: parent.to_owned(),
            ..Default::default()
        };
        let mut own = own_requests(&fixture, TestCaller::person(who));
        let listed = own.list_person_access_requests(request).await?;
        Ok::<_, tonic::Status>(listed.into_inner().access_requests)
    };
    assert_eq!(list("ada", "persons/me").await.unwrap(), [second, first.clone()]);
    refused(list("eve", &person("ada")).await, R::PermissionDenied);
    refused(withdraw(&fixture, "eve", &first).await, R::NotFound);
    let withdrawn = withdraw(&fixture, "ada", &first).await.unwrap();
    assert_eq!(withdrawn.state(), pb::AccessRequestState::Withdrawn);
    assert!(withdrawn.decide_time.is_some());
    assert_eq!(withdraw(&fixture, "ada", &first).await.unwrap(), withdrawn);
    let status = refused(approve(&fixture, one, &first).await, R::AccessRequestState);
    assert_eq!(fact(&status, "state").as_deref(), Some("WITHDRAWN"));
    assert_eq!(role(&fixture, one, "ada").await, pb::Role::Unspecified);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_approved_is_there_no_more_than_what_does_not_exist() {
    let fixture = Fixture::new().await;
    let draft = fixture.submitted().await;
    let ada = || Callers::person("ada");
    let hidden = refused(ask(&fixture, ada(), draft, pb::Role::Viewer).await, R::NotFound);
    let mut own = own_requests(&fixture, TestCaller::person("ada"));
    let absent = refused(
        own.request_access(asking("00000000", pb::Role::Viewer)).await,
        R::NotFound,
    );
    assert_eq!(
        (hidden.code(), hidden.message(), hidden.details()),
        (absent.code(), absent.message(), absent.details())
    );
    for state in ["SUSPENDED", "CLOSED"] {
        let id = fixture.active().await;
        fixture
            .execute(format!(
                "UPDATE organizations SET state = '{state}' WHERE organization_id = '{id}'"
            ))
            .await;
        refused(
            ask(&fixture, ada(), id, pb::Role::Viewer).await,
            R::OrganizationNotActive,
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_one_already_is_told_so_and_who_cannot_be_written_to_does_not_ask() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let ada = asked(&fixture, "ada", id).await;
    approve(&fixture, id, &ada).await.unwrap();
    for who in ["owner", "ada"] {
        let answer = ask(&fixture, Callers::person(who), id, pb::Role::Admin).await;
        refused(answer, R::ProfileUserExists);
    }
    let mut unverified = Callers::person("eve");
    unverified.emails.clear();
    refused(
        ask(&fixture, unverified, id, pb::Role::Viewer).await,
        R::AddressUnknown,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_one_line_in_which_everything_can_be_seen() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let number = fixture.read(id).await.organization_number;
    let mut own = own_requests(&fixture, TestCaller::person("ada"));
    let long = "x".repeat(501);
    for message in [
        "hidden\u{200b}",
        "turned \u{202e}txt",
        "two\nlines",
        "\u{2028}",
        " ",
        long.as_str(),
    ] {
        let request = pb::RequestAccessRequest {
            message: message.to_owned(),
            ..asking(&number, pb::Role::Viewer)
        };
        let answer = own.request_access(request).await;
        assert!(
            fields(answer, R::InvalidRequest)
                .iter()
                .all(|field| field == "message"),
            "{message:?}"
        );
    }
    let wrong = pb::RequestAccessRequest {
        organization_number: "1234-5678".to_owned(),
        ..asking(&number, pb::Role::Owner)
    };
    assert_eq!(
        fields(own.request_access(wrong).await, R::InvalidRequest),
        ["organization_number", "role"]
    );
    let all = pb::AccessRequestState::Unspecified;
    assert!(listed(&fixture, id, all).await.is_empty());
    let request = pb::RequestAccessRequest {
        message: "\u{1f468}\u{200d}\u{2695}\u{fe0f} ".to_owned() + &"x".repeat(490),
        ..asking(&number, pb::Role::Viewer)
    };
    own.request_access(request).await.unwrap();
}
