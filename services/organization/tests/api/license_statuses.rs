//! How the license of a profile stands that was written by hand.

use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::license_service_client::LicenseServiceClient;
use muster_proto::organization::v1::review_service_client::ReviewServiceClient;
use muster_refusal::ErrorReason as R;
use muster_testkit::TestCaller;
use tonic::Status;

use crate::fixture::{Fixture, id_of, name, owner};
use crate::history::history;
use crate::programme_loads::programme;
use crate::refused::{fact, fields, refused};

async fn set(
    fixture: &Fixture,
    id: OrganizationId,
    status: pb::LicenseStatus,
) -> Result<tonic::Response<pb::SetLicenseStatusResponse>, Status> {
    set_of(fixture, id, status, "").await
}

/// As [`set`], of this license number.
async fn set_of(
    fixture: &Fixture,
    id: OrganizationId,
    status: pb::LicenseStatus,
    license_number: &str,
) -> Result<tonic::Response<pb::SetLicenseStatusResponse>, Status> {
    let request = pb::SetLicenseStatusRequest {
        name: name(id),
        license_status: status.into(),
        reason: "as the authority wrote".to_owned(),
        license_number: license_number.to_owned(),
        request_id: String::new(),
    };
    LicenseServiceClient::new(fixture.service.calls_of(TestCaller::staff(id)))
        .set_license_status(request)
        .await
}

/// How many things of the profile itself the review asks to look at.
async fn attention(fixture: &Fixture, id: OrganizationId) -> i32 {
    let request = pb::GetReviewRequest {
        name: format!("{}/review", name(id)),
    };
    let mut reviews = ReviewServiceClient::new(fixture.service.calls_of(owner(id)));
    let review = reviews.get_review(request).await.unwrap().into_inner();
    let items = review.review.unwrap().items;
    let profile = items
        .iter()
        .find(|item| item.subject() == pb::ReviewSubject::Profile);
    profile.unwrap().attention_count
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_write_down_how_a_license_stands_and_it_changes_nothing_else() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let before = fixture.read(id).await;
    assert_eq!(before.license_status(), pb::LicenseStatus::Unspecified);
    assert_eq!(attention(&fixture, id).await, 0);
    let set_to = set(&fixture, id, pb::LicenseStatus::Revoked).await.unwrap();
    let told = set_to.into_inner().organization.unwrap();
    let expected = pb::Organization {
        license_status: pb::LicenseStatus::Revoked.into(),
        etag: told.etag.clone(),
        ..before.clone()
    };
    assert_eq!(told, expected);
    assert_ne!(told.etag, before.etag);
    assert_eq!(fixture.read(id).await, told);
    let again = set(&fixture, id, pb::LicenseStatus::Revoked).await.unwrap();
    assert_eq!(again.into_inner().organization, Some(told));
    assert_eq!(attention(&fixture, id).await, 1, "the review says so");
    let entries = history(&fixture, id).await;
    let changes: Vec<_> = entries
        .iter()
        .filter(|entry| {
            entry
                .changes
                .iter()
                .any(|change| change.field == "license_status")
        })
        .collect();
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].reason, "as the authority wrote");

    // Another number has none until somebody says it.
    let renewal = pb::RenewLicenseRequest {
        name: name(id),
        license_number: "DC 777001".to_owned(),
        reason: "a new one".to_owned(),
        ..Default::default()
    };
    let mut staff = LicenseServiceClient::new(fixture.service.calls_of(TestCaller::staff(id)));
    let renewed = staff
        .renew_license(renewal)
        .await
        .unwrap()
        .into_inner()
        .organization
        .unwrap();
    assert_eq!(renewed.license_status(), pb::LicenseStatus::Unspecified);
    // A colleague who has looked at the former number says nothing of this one.
    let late = set_of(&fixture, id, pb::LicenseStatus::Active, &before.license_number).await;
    let status = refused(late, R::LicenseNumberNotCurrent);
    assert_eq!(fact(&status, "license_number").as_deref(), Some("DC 777001"));
    assert_eq!(fixture.read(id).await, renewed);
    let told = set_of(&fixture, id, pb::LicenseStatus::Active, "dc-777 001").await;
    let told = told.unwrap().into_inner().organization.unwrap();
    assert_eq!(told.license_status(), pb::LicenseStatus::Active);
    let late = set_of(&fixture, id, pb::LicenseStatus::Active, &before.license_number).await;
    refused(late, R::LicenseNumberNotCurrent);
    let wrong = set_of(&fixture, id, pb::LicenseStatus::Active, "----").await;
    assert_eq!(fields(wrong, R::InvalidRequest), ["license_number"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_of_a_license_that_no_authority_tells_of() {
    let fixture = Fixture::new().await;
    let draft = fixture.draft("owner", fixture.profile()).await;
    refused(
        set(&fixture, draft, pb::LicenseStatus::Active).await,
        R::OrganizationState,
    );
    let id = fixture.active().await;
    let unsaid = set(&fixture, id, pb::LicenseStatus::Unspecified).await;
    assert_eq!(fields(unsaid, R::InvalidRequest), ["license_status"]);
    let told = pb::ProgrammeRow {
        license_status: pb::LicenseStatus::Provisional.into(),
        ..programme("LS 77")
    };
    fixture.load(vec![told]).await;
    let found = fixture.find("LS 77").await.remove(0).programme;
    let id = id_of(&fixture.claim("owner", &found).await.unwrap());
    fixture.submit_and_approve(id).await;
    assert_eq!(
        fixture.read(id).await.license_status(),
        pb::LicenseStatus::Provisional
    );
    refused(
        set(&fixture, id, pb::LicenseStatus::Active).await,
        R::ProgrammeReadOnly,
    );
}
