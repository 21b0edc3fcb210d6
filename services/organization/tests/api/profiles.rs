//! Profiles: created, read, handed in.

use muster_identity::Role;
use muster_ids::{OrganizationId, PersonName};
use muster_proto::organization::v1 as pb;
use muster_refusal::ErrorReason;
use muster_server::convert::timestamp;
use muster_testkit::{Callers, TestCaller};
use uuid::Uuid;

use crate::fixture::{Fixture, name, owner, submit};
use crate::refused::{fact, fields, refused};

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_begins_as_a_draft_of_its_creator() {
    let fixture = Fixture::new().await;
    let id = fixture.draft("owner", fixture.profile()).await;
    let profile = fixture.read(id).await;
    assert_eq!(profile.state(), pb::OrganizationState::Draft);
    assert_eq!(
        profile.owner,
        PersonName {
            person: Callers::person("owner").id
        }
        .to_string()
    );
    assert_eq!(
        (profile.license_number.as_str(), profile.etag.as_str()),
        ("DC 000001", "1")
    );
    assert_eq!(profile.create_time, Some(timestamp(fixture.service.clock.now())));
    assert_eq!((profile.submit_time, profile.approve_time), (None, None));
    let number = profile.organization_number;
    assert!(
        number.len() == 8 && number.bytes().all(|byte| byte.is_ascii_digit()),
        "{number}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_may_own_several_profiles() {
    let fixture = Fixture::new().await;
    let (first, second) = (
        fixture.draft("owner", fixture.profile()).await,
        fixture.draft("owner", fixture.profile()).await,
    );
    let (first, second) = (fixture.read(first).await, fixture.read(second).await);
    assert_eq!(first.owner, second.owner);
    assert_ne!(first.organization_number, second.organization_number);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_wrong_with_a_profile_is_told_at_once() {
    let fixture = Fixture::new().await;
    let mut profiles = fixture.profiles(TestCaller::person("owner"));
    let broken = |display_name: &str, authority: &str, number: &str| {
        let organization = pb::Organization {
            display_name: display_name.to_owned(),
            licensing_authority: authority.to_owned(),
            license_number: number.to_owned(),
            ..Default::default()
        };
        pb::CreateOrganizationRequest {
            organization: Some(organization),
            request_id: String::new(),
        }
    };
    let by_annotation = profiles.create_organization(broken("", "US", "№№№")).await;
    assert_eq!(
        fields(by_annotation, ErrorReason::InvalidRequest),
        [
            "organization.display_name",
            "organization.licensing_authority",
            "organization.license_number"
        ]
    );
    let by_type = profiles
        .create_organization(broken("Win at evil.example", "us-mi", "- - -"))
        .await;
    assert_eq!(
        fields(by_type, ErrorReason::InvalidRequest),
        ["organization.display_name", "organization.license_number"]
    );
    let by_both = profiles
        .create_organization(broken("Win at evil.example", "US", "- - -"))
        .await;
    assert_eq!(
        fields(by_both, ErrorReason::InvalidRequest),
        [
            "organization.licensing_authority",
            "organization.display_name",
            "organization.license_number"
        ]
    );
    let nothing = pb::CreateOrganizationRequest::default();
    assert_eq!(
        fields(
            profiles.create_organization(nothing).await,
            ErrorReason::InvalidRequest
        ),
        ["organization"]
    );
    assert_eq!(
        fixture
            .service
            .database
            .count("SELECT count(*) FROM organizations")
            .await,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_does_not_exist_is_not_found() {
    let fixture = Fixture::new().await;
    let nowhere = OrganizationId::from_uuid(Uuid::from_u128(1));
    let read = pb::GetOrganizationRequest { name: name(nowhere) };
    refused(
        fixture
            .profiles(TestCaller::staff(nowhere))
            .get_organization(read)
            .await,
        ErrorReason::NotFound,
    );
    let handed_in = fixture
        .profiles(owner(nowhere))
        .submit_organization(submit(nowhere))
        .await;
    refused(handed_in, ErrorReason::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_must_be_exactly_a_name() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    for text in [format!("{}/groups", name(id)), format!("{}/groups/x", name(id))] {
        let read = pb::GetOrganizationRequest { name: text };
        let answer = fixture.profiles(owner(id)).get_organization(read).await;
        assert_eq!(fields(answer, ErrorReason::InvalidRequest), ["name"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_submitted_and_submitting_again_answers_the_same() {
    let fixture = Fixture::new().await;
    let id = fixture.draft("owner", fixture.profile()).await;
    fixture.service.clock.advance(std::time::Duration::from_secs(60));
    let first = fixture
        .profiles(owner(id))
        .submit_organization(submit(id))
        .await
        .unwrap()
        .into_inner();
    fixture.service.clock.advance(std::time::Duration::from_secs(60));
    let again = fixture
        .profiles(owner(id))
        .submit_organization(submit(id))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, again);
    let profile = again.organization.unwrap();
    assert_eq!(
        (profile.state(), profile.etag.as_str()),
        (pb::OrganizationState::Submitted, "2")
    );
    assert_ne!(profile.submit_time, profile.create_time);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_returned_profile_is_submitted_again() {
    let fixture = Fixture::new().await;
    let id = fixture.submitted().await;
    fixture
        .service
        .database
        .execute("UPDATE organizations SET state = 'RETURNED'")
        .await;
    let again = fixture
        .profiles(owner(id))
        .submit_organization(submit(id))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        again.organization.unwrap().state(),
        pb::OrganizationState::Submitted
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_not_submitted_from_any_other_state() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let answer = fixture.profiles(owner(id)).submit_organization(submit(id)).await;
    let status = refused(answer, ErrorReason::OrganizationState);
    assert_eq!(fact(&status, "state").as_deref(), Some("ACTIVE"));
    fixture
        .service
        .database
        .execute("UPDATE organizations SET state = 'REJECTED'")
        .await;
    let answer = fixture.profiles(owner(id)).submit_organization(submit(id)).await;
    assert_eq!(
        fact(&refused(answer, ErrorReason::OrganizationState), "state").as_deref(),
        Some("REJECTED")
    );
    assert_eq!(fixture.read(id).await.etag, "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_one_organization_opens_no_other() {
    let fixture = Fixture::new().await;
    let (mine, other) = (fixture.active().await, fixture.active().await);
    let outsider = TestCaller::member("outsider", mine, Role::Owner);
    let read = pb::GetOrganizationRequest { name: name(other) };
    let existing = fixture.profiles(outsider.clone()).get_organization(read).await;
    let existing = refused(existing, ErrorReason::PermissionDenied);
    let nowhere = pb::GetOrganizationRequest {
        name: name(OrganizationId::from_uuid(Uuid::from_u128(1))),
    };
    let absent = fixture.profiles(outsider).get_organization(nowhere).await;
    let absent = refused(absent, ErrorReason::PermissionDenied);
    assert_eq!(
        (existing.message(), existing.details()),
        (absent.message(), absent.details())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_has_few_profiles_at_a_time_that_nobody_decided_on() {
    let fixture = Fixture::new().await;
    let create = || {
        let mut profiles = fixture.profiles(TestCaller::person("busy"));
        let request = pb::CreateOrganizationRequest {
            organization: Some(fixture.profile()),
            request_id: String::new(),
        };
        async move { profiles.create_organization(request).await }
    };
    let answers = futures::future::join_all((0..16).map(|_| create())).await;
    let (made, refusals): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((made.len(), refusals.len()), (5, 11));
    for refusal in refusals {
        refused(refusal, ErrorReason::TooManyProfiles);
    }
    let decided = "UPDATE organizations SET state = 'REJECTED', submit_time = create_time
                   WHERE organization_id = (SELECT organization_id FROM organizations LIMIT 1)";
    fixture.service.database.execute(decided).await;
    create().await.unwrap();
    refused(create().await, ErrorReason::TooManyProfiles);
    fixture.draft("somebody-else", fixture.profile()).await;
}
