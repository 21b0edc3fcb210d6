//! What a site is: licensed for something, or a start-up without a license yet.

use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::OrganizationType as Type;
use muster_proto::organization::v1::license_service_client::LicenseServiceClient;
use muster_refusal::{ErrorReason as R, fields_of};
use muster_testkit::TestCaller;
use prost_types::FieldMask;
use tonic::{Response, Status};

use crate::fixture::{Fixture, approve, id_of, licensed, name, owner, submit};
use crate::history::history;
use crate::programme_loads::programme;
use crate::refused::{fields, refused};

/// A profile of this type with this number.
fn site(kind: Type, number: &str) -> pb::Organization {
    pb::Organization {
        r#type: kind.into(),
        ..licensed("us-mi", number)
    }
}

async fn create(
    fixture: &Fixture,
    organization: pb::Organization,
) -> Result<Response<pb::CreateOrganizationResponse>, Status> {
    let request = pb::CreateOrganizationRequest {
        organization: Some(organization),
        request_id: String::new(),
    };
    let mut profiles = fixture.profiles(TestCaller::person("owner"));
    profiles.create_organization(request).await
}

async fn change(
    fixture: &Fixture,
    id: OrganizationId,
    to: pb::Organization,
    paths: &[&str],
) -> Result<Response<pb::UpdateOrganizationResponse>, Status> {
    let request = pb::UpdateOrganizationRequest {
        organization: Some(pb::Organization { name: name(id), ..to }),
        update_mask: Some(FieldMask {
            paths: paths.iter().map(|&path| path.to_owned()).collect(),
        }),
        request_id: String::new(),
    };
    fixture.profiles(owner(id)).update_organization(request).await
}

async fn renew(
    fixture: &Fixture,
    id: OrganizationId,
    kind: Type,
    number: &str,
) -> Result<pb::Organization, Status> {
    let request = pb::RenewLicenseRequest {
        name: name(id),
        license_number: number.to_owned(),
        reason: "the authority has licensed it".to_owned(),
        request_id: String::new(),
        r#type: kind.into(),
    };
    let mut licenses = LicenseServiceClient::new(fixture.service.calls_of(TestCaller::staff(id)));
    let renewed = licenses.renew_license(request).await?;
    Ok(renewed.into_inner().organization.unwrap())
}

/// A profile that registry staff have approved.
async fn approved(fixture: &Fixture, organization: pb::Organization) -> OrganizationId {
    let id = fixture.draft("owner", organization).await;
    fixture.submit_and_approve(id).await;
    id
}

async fn numbers(fixture: &Fixture, id: OrganizationId) -> Vec<String> {
    let request = pb::ListLicenseNumbersRequest {
        parent: name(id),
        ..Default::default()
    };
    let mut licenses = LicenseServiceClient::new(fixture.service.calls_of(owner(id)));
    let listed = licenses.list_license_numbers(request).await.unwrap().into_inner();
    let numbers = listed.license_numbers.into_iter();
    numbers.map(|dated| dated.license_number).collect()
}

/// The names of the sites of some types that somebody finds.
async fn found(fixture: &Fixture, text: &str, types: &[Type]) -> Vec<(String, Type)> {
    let request = pb::SearchRegistryRequest {
        text: text.to_owned(),
        types: types.iter().map(|&kind| kind.into()).collect(),
        ..Default::default()
    };
    let found = fixture.registry("seeker").search_registry(request).await;
    let entries = found.unwrap().into_inner().entries.into_iter();
    let mut found: Vec<_> = entries
        .map(|entry| (entry.display_name.clone(), entry.organization_type()))
        .collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_of_the_type_that_its_creator_says_and_of_direct_care_when_they_say_none() {
    let fixture = Fixture::new().await;
    for (kind, number, shown) in [
        (Type::Unspecified, "DC 1", Type::DirectCare),
        (Type::DirectCare, "DC 2", Type::DirectCare),
        (Type::NonDirectCare, "DC 3", Type::NonDirectCare),
        (Type::TrainingSponsor, "DC 4", Type::TrainingSponsor),
        (Type::StartUp, "", Type::StartUp),
    ] {
        let made = create(&fixture, site(kind, number)).await.unwrap().into_inner();
        let made = made.organization.unwrap();
        assert_eq!((made.r#type(), made.license_number.as_str()), (shown, number));
        assert_eq!(fixture.read(id_of(&made)).await, made);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_goes_with_every_type_but_a_start_up_and_whatever_is_wrong_is_told_at_once() {
    let fixture = Fixture::new().await;
    let number = ["organization.license_number"];
    for kind in [
        Type::Unspecified,
        Type::DirectCare,
        Type::NonDirectCare,
        Type::TrainingSponsor,
    ] {
        let made = create(&fixture, site(kind, "")).await;
        assert_eq!(fields(made, R::InvalidRequest), number, "{kind:?}");
    }
    let made = create(&fixture, site(Type::StartUp, "DC 1")).await;
    assert_eq!(fields(made, R::InvalidRequest), number);
    let unknown = pb::Organization {
        r#type: 99,
        display_name: "Win at evil.example".to_owned(),
        ..site(Type::StartUp, "")
    };
    assert_eq!(
        fields(create(&fixture, unknown).await, R::InvalidRequest),
        [
            "organization.type",
            "organization.display_name",
            "organization.license_number"
        ]
    );
    let nowhere = pb::Organization {
        licensing_authority: "US".to_owned(),
        ..site(Type::StartUp, "DC 1")
    };
    assert_eq!(
        fields(create(&fixture, nowhere).await, R::InvalidRequest),
        ["organization.licensing_authority", "organization.license_number"]
    );
    let profiles = "SELECT count(*) FROM organizations";
    assert_eq!(fixture.service.database.count(profiles).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_up_is_approved_without_a_number_and_any_number_of_them() {
    let fixture = Fixture::new().await;
    let mut all = Vec::new();
    for _ in 0..3 {
        all.push(approved(&fixture, site(Type::StartUp, "")).await);
    }
    for &id in &all {
        let start_up = fixture.read(id).await;
        assert_eq!(start_up.state(), pb::OrganizationState::Active);
        assert_eq!(
            (start_up.r#type(), start_up.license_number.as_str()),
            (Type::StartUp, "")
        );
        assert_eq!(numbers(&fixture, id).await, Vec::<String>::new());
    }
    // Nobody waits with no number.
    let request = pb::ListLicenseClaimsRequest {
        parent: name(all[0]),
        ..Default::default()
    };
    let mut staff = fixture.profiles(TestCaller::staff(all[0]));
    let claims = staff.list_license_claims(request).await.unwrap().into_inner();
    assert_eq!(claims.organizations, []);
    let told = found(&fixture, "sunshine", &[]).await;
    assert_eq!(told.len(), 3, "who works there finds it: {told:?}");
    // It ends like any other.
    let request = pb::CloseOrganizationRequest {
        name: name(all[0]),
        reason: "it came to nothing".to_owned(),
        request_id: String::new(),
    };
    let mut profiles = fixture.profiles(owner(all[0]));
    profiles.close_organization(request).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_up_that_is_being_filled_in_gets_type_and_number_together() {
    let fixture = Fixture::new().await;
    let id = fixture.draft("owner", site(Type::StartUp, "")).await;
    let number = ["organization.license_number"];
    let to = || site(Type::TrainingSponsor, "TS 1");
    let alone = change(&fixture, id, to(), &["license_number"]).await;
    assert_eq!(fields(alone, R::InvalidRequest), number);
    let alone = change(&fixture, id, to(), &["type"]).await;
    assert_eq!(fields(alone, R::InvalidRequest), number);
    let nothing = change(&fixture, id, site(Type::Unspecified, ""), &["type"]).await;
    assert_eq!(fields(nothing, R::InvalidRequest), ["organization.type"]);
    let both = ["type", "license_number"];
    let changed = change(&fixture, id, to(), &both).await.unwrap().into_inner();
    let changed = changed.organization.unwrap();
    assert_eq!(
        (changed.r#type(), changed.license_number.as_str()),
        (Type::TrainingSponsor, "TS 1")
    );
    assert_eq!(fixture.read(id).await, changed);

    // It may be taken back, and what is so already changes nothing.
    let back = change(&fixture, id, site(Type::StartUp, ""), &both)
        .await
        .unwrap();
    let etag = back.into_inner().organization.unwrap().etag;
    let again = change(&fixture, id, site(Type::StartUp, ""), &both)
        .await
        .unwrap();
    assert_eq!(again.into_inner().organization.unwrap().etag, etag);
    let entries = history(&fixture, id).await;
    let types = entries.iter().flat_map(|entry| &entry.changes);
    let types: Vec<_> = types
        .filter(|change| change.field == "type")
        .map(|change| change.after.clone().unwrap())
        .collect();
    assert_eq!(types, ["START_UP", "TRAINING_SPONSOR", "START_UP"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_handed_in_is_what_staff_decide_on() {
    let fixture = Fixture::new().await;
    let id = fixture.draft("owner", site(Type::DirectCare, "DC 1")).await;
    let mut profiles = fixture.profiles(owner(id));
    profiles.submit_organization(submit(id)).await.unwrap();
    let sponsor = || site(Type::TrainingSponsor, "");
    refused(
        change(&fixture, id, sponsor(), &["type"]).await,
        R::OrganizationState,
    );
    let mut staff = fixture.profiles(TestCaller::staff(id));
    staff.approve_organization(approve(id)).await.unwrap();
    refused(
        change(&fixture, id, sponsor(), &["type"]).await,
        R::OrganizationState,
    );
    assert_eq!(fixture.read(id).await.r#type(), Type::DirectCare);
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_give_a_start_up_its_first_number_and_say_what_it_is_for() {
    let fixture = Fixture::new().await;
    let id = approved(&fixture, site(Type::StartUp, "")).await;
    for kind in [Type::Unspecified, Type::StartUp] {
        let status = refused(renew(&fixture, id, kind, "DC 1").await, R::InvalidRequest);
        let told = fields_of(&status);
        assert_eq!(told, ["type"], "{kind:?}");
    }
    let holder = approved(&fixture, site(Type::DirectCare, "DC 2")).await;
    let taken = renew(&fixture, id, Type::DirectCare, "dc-2").await;
    refused(taken, R::LicenseNumberTaken);
    let waits = fixture.draft("other", site(Type::DirectCare, "DC 1")).await;
    let mut other = fixture.profiles(owner(waits));
    other.submit_organization(submit(waits)).await.unwrap();

    let given = renew(&fixture, id, Type::DirectCare, "DC 1").await.unwrap();
    assert_eq!(
        (given.r#type(), given.license_number.as_str()),
        (Type::DirectCare, "DC 1")
    );
    assert_eq!(numbers(&fixture, id).await, ["DC 1"]);
    let returned = fixture.read(waits).await.state();
    assert_eq!(returned, pb::OrganizationState::Returned);
    assert_eq!(
        renew(&fixture, id, Type::Unspecified, "DC1").await.unwrap(),
        given
    );

    // The number is that of something else: no new number begins with it.
    let corrected = renew(&fixture, id, Type::NonDirectCare, "DC 1").await.unwrap();
    assert_eq!(corrected.r#type(), Type::NonDirectCare);
    assert_eq!(numbers(&fixture, id).await, ["DC 1"]);
    assert_eq!(fixture.read(holder).await.license_number, "DC 2");
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_start_ups_that_are_given_one_number_at_once_share_it_not() {
    let fixture = Fixture::new().await;
    let mut all = Vec::new();
    for _ in 0..16 {
        all.push(approved(&fixture, site(Type::StartUp, "")).await);
    }
    let given = all
        .iter()
        .map(|&id| renew(&fixture, id, Type::DirectCare, "DC 9"));
    let given = futures::future::join_all(given).await;
    assert_eq!(given.iter().filter(|one| one.is_ok()).count(), 1, "{given:?}");
    let left = "SELECT count(*) FROM organizations WHERE organization_type = 'START_UP'";
    assert_eq!(fixture.service.database.count(left).await, 15);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claimed_programme_is_what_its_authority_tells_and_follows_it() {
    let fixture = Fixture::new().await;
    let told = |kind: pb::ProgrammeType| pb::ProgrammeRow {
        r#type: kind.into(),
        ..programme("CL 1")
    };
    fixture.load(vec![told(pb::ProgrammeType::NonDirectCare)]).await;
    let request = pb::SearchRegistryRequest {
        text: "CL 1".to_owned(),
        ..Default::default()
    };
    let entries = fixture.registry("owner").search_registry(request).await;
    let entry = entries.unwrap().into_inner().entries.remove(0);
    let request = pb::ClaimProgrammeRequest {
        name: entry.programme,
        request_id: String::new(),
    };
    let claimed = fixture.registry("owner").claim_programme(request).await;
    let profile = claimed.unwrap().into_inner().organization.unwrap();
    assert_eq!(profile.r#type(), Type::NonDirectCare);
    let id = id_of(&profile);
    let sponsor = || site(Type::TrainingSponsor, "");
    refused(
        change(&fixture, id, sponsor(), &["type"]).await,
        R::ProgrammeReadOnly,
    );

    fixture.load(vec![told(pb::ProgrammeType::TrainingSponsor)]).await;
    assert_eq!(fixture.read(id).await.r#type(), Type::TrainingSponsor);
    let mut profiles = fixture.profiles(owner(id));
    profiles.submit_organization(submit(id)).await.unwrap();
    let mut staff = fixture.profiles(TestCaller::staff(id));
    staff.approve_organization(approve(id)).await.unwrap();
    let corrected = renew(&fixture, id, Type::DirectCare, "CL 1").await;
    refused(corrected, R::ProgrammeReadOnly);
    let profile = fixture.read(id).await;
    assert_eq!(profile.r#type(), Type::TrainingSponsor);
    assert!(
        profile.programme.starts_with("programmes/"),
        "it is still made of it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_registry_is_searched_by_type() {
    let fixture = Fixture::new().await;
    let told = |number: &str, kind: pb::ProgrammeType| pb::ProgrammeRow {
        r#type: kind.into(),
        ..programme(number)
    };
    let rows = vec![
        told("CL 1", pb::ProgrammeType::DirectCare),
        told("CL 2", pb::ProgrammeType::TrainingSponsor),
    ];
    fixture.load(rows).await;
    approved(&fixture, site(Type::StartUp, "")).await;
    approved(&fixture, site(Type::NonDirectCare, "CL 3")).await;
    let (first, second) = ("Sunshine CL 1".to_owned(), "Sunshine CL 2".to_owned());
    let own = || "Sunshine Day Care".to_owned();
    let care = (first, Type::DirectCare);
    let sponsor = (second, Type::TrainingSponsor);
    for (text, types, expected) in [
        ("sunshine", &[Type::DirectCare][..], vec![care.clone()]),
        ("sunshine", &[Type::StartUp], vec![(own(), Type::StartUp)]),
        (
            "sunshine",
            &[Type::NonDirectCare, Type::TrainingSponsor],
            vec![sponsor.clone(), (own(), Type::NonDirectCare)],
        ),
        ("cl", &[Type::StartUp], vec![]),
        ("CL1", &[Type::DirectCare], vec![care]),
        ("CL2", &[Type::TrainingSponsor], vec![sponsor]),
        ("CL3", &[Type::NonDirectCare], vec![(own(), Type::NonDirectCare)]),
    ] {
        assert_eq!(found(&fixture, text, types).await, expected, "{text} {types:?}");
    }
    let request = pb::SearchRegistryRequest {
        text: "sunshine".to_owned(),
        types: vec![Type::DirectCare.into(), 0, 99],
        ..Default::default()
    };
    let answer = fixture.registry("seeker").search_registry(request).await;
    assert_eq!(fields(answer, R::InvalidRequest), ["types[1]", "types[2]"]);
}
