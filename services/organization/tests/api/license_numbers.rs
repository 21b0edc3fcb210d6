//! The numbers of a profile, one after the other.

use std::time::Duration;

use futures::future::join_all;
use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::license_service_client::LicenseServiceClient;
use muster_refusal::{ErrorReason, fields_of};
use muster_testkit::TestCaller;
use tonic::Status;

use crate::fixture::{Fixture, approve, licensed, name, owner};
use crate::programme_loads::programme;
use crate::refused::{fact, refused};

async fn renew(fixture: &Fixture, id: OrganizationId, number: &str) -> Result<pb::Organization, Status> {
    let request = pb::RenewLicenseRequest {
        name: name(id),
        license_number: number.to_owned(),
        reason: "a new number for the same address".to_owned(),
        ..Default::default()
    };
    let mut licenses = LicenseServiceClient::new(fixture.service.calls_of(TestCaller::staff(id)));
    let renewed = licenses.renew_license(request).await?;
    Ok(renewed.into_inner().organization.unwrap())
}

async fn numbers(fixture: &Fixture, id: OrganizationId) -> Vec<pb::LicenseNumber> {
    let request = pb::ListLicenseNumbersRequest {
        parent: name(id),
        ..Default::default()
    };
    let mut licenses = LicenseServiceClient::new(fixture.service.calls_of(owner(id)));
    licenses
        .list_license_numbers(request)
        .await
        .unwrap()
        .into_inner()
        .license_numbers
}

/// An approved profile with this number.
async fn approved(fixture: &Fixture, number: &str) -> OrganizationId {
    let id = submitted(fixture, "owner", number).await;
    let mut staff = fixture.profiles(TestCaller::staff(id));
    staff.approve_organization(approve(id)).await.unwrap();
    id
}

async fn submitted(fixture: &Fixture, who: &str, number: &str) -> OrganizationId {
    let id = fixture.draft(who, licensed("us-mi", number)).await;
    fixture.submit(id).await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_number_ends_the_former_one_and_both_are_dated() {
    let fixture = Fixture::new().await;
    let id = approved(&fixture, "DC 1").await;
    fixture.service.clock.advance(Duration::from_secs(60));
    let renewed = renew(&fixture, id, "DC 2").await.unwrap();
    assert_eq!(renewed.license_number, "DC 2");
    let dated = numbers(&fixture, id).await;
    let [new, former] = dated.as_slice() else {
        panic!("{dated:?}")
    };
    assert_eq!(
        (new.license_number.as_str(), former.license_number.as_str()),
        ("DC 2", "DC 1")
    );
    assert_eq!((new.end_time, former.end_time), (None, new.begin_time));
    assert_eq!(
        new.begin_time.unwrap().seconds,
        former.begin_time.unwrap().seconds + 60
    );

    // Again it is the same; the former one is free.
    assert_eq!(renew(&fixture, id, "dc-2").await.unwrap().etag, renewed.etag);
    assert_eq!(numbers(&fixture, id).await.len(), 2);
    approved(&fixture, "DC 1").await;
    let acts = "SELECT count(*) FROM staff_acts WHERE act = 'RENEW_LICENSE' AND reason LIKE 'a new number%'";
    assert_eq!(fixture.service.database.count(acts).await, 1);

    let request = pb::CloseOrganizationRequest {
        name: name(id),
        reason: "it ends".to_owned(),
        request_id: String::new(),
    };
    fixture
        .profiles(owner(id))
        .close_organization(request)
        .await
        .unwrap();
    assert!(
        numbers(&fixture, id)
            .await
            .iter()
            .all(|number| number.end_time.is_some())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_with_the_new_number_is_given_back_and_who_holds_it_keeps_it() {
    let fixture = Fixture::new().await;
    let (id, holder) = (approved(&fixture, "DC 1").await, approved(&fixture, "DC 3").await);
    let waits = submitted(&fixture, "other", "DC 2").await;
    renew(&fixture, id, "DC 2").await.unwrap();
    let returned = fixture.read(waits).await;
    let why: Vec<_> = returned.return_reasons().collect();
    assert_eq!(why, [pb::OrganizationReturnReason::LicenseNumberTaken]);

    let status = refused(renew(&fixture, id, "DC 3").await, ErrorReason::LicenseNumberTaken);
    let number = fixture.read(holder).await.organization_number;
    assert_eq!(fact(&status, "organization_number"), Some(number));
    assert_eq!(fixture.read(id).await.license_number, "DC 2");
    assert_eq!(numbers(&fixture, waits).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_approved_profile_is_renewed_with_a_number_of_its_authority() {
    let fixture = Fixture::new().await;
    let waits = submitted(&fixture, "owner", "DC 1").await;
    refused(
        renew(&fixture, waits, "DC 2").await,
        ErrorReason::OrganizationState,
    );
    let id = fixture.draft("owner", licensed("us-ny", "DC 12")).await;
    fixture.submit_and_approve(id).await;
    let status = refused(renew(&fixture, id, "DC 12345").await, ErrorReason::InvalidRequest);
    assert_eq!(fields_of(&status), ["license_number"]);
    assert_eq!(
        renew(&fixture, id, "DC 13").await.unwrap().license_number,
        "DC 13"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixteen_profiles_that_are_given_one_number_at_once_one_has_it() {
    let fixture = Fixture::new().await;
    let mut profiles = Vec::new();
    for number in 1..=16 {
        profiles.push(approved(&fixture, &format!("DC {number}")).await);
    }
    let renewals = profiles.iter().map(|&id| renew(&fixture, id, "DC 99"));
    let renewed = join_all(renewals).await;
    assert_eq!(
        renewed.iter().filter(|answer| answer.is_ok()).count(),
        1,
        "{renewed:?}"
    );
    let held = "SELECT count(*) FROM license_numbers WHERE license_number_normalized = 'DC99'";
    assert_eq!(fixture.service.database.count(held).await, 1);
    let current = "SELECT count(*) FROM license_numbers WHERE end_time IS NULL";
    assert_eq!(fixture.service.database.count(current).await, 16);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_found_once_by_a_number_that_it_had_before_and_nobody_claims_that() {
    let fixture = Fixture::new().await;
    let id = approved(&fixture, "DC-1001").await;
    renew(&fixture, id, "DC-2002").await.unwrap();
    let found = fixture.find("dc 1001").await;
    let [entry] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(
        (&entry.organization, &*entry.license_number),
        (&name(id), "DC-2002")
    );
    assert_eq!(entry.former_license_number, "DC-1001");
    let found = fixture.find("DC-2002").await;
    assert_eq!((found.len(), &*found[0].former_license_number), (1, ""));

    // Its authority tells of the old number still.
    fixture.load(vec![programme("DC-1001")]).await;
    let found = fixture.find("DC-1001").await;
    let [entry] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(entry.state(), pb::RegistryEntryState::Registered);
    assert_eq!(entry.organization, name(id));
    let claimed = fixture.claim("outsider", &entry.programme).await;
    refused(claimed, ErrorReason::LicenseNumberTaken);
    let own = fixture.claim("owner", &entry.programme).await.unwrap();
    assert_eq!(own.name, name(id));
}
