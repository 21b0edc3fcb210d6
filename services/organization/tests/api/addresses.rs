//! Where the site of a profile is.

use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::license_service_client::LicenseServiceClient;
use muster_proto::organization::v1::review_service_client::ReviewServiceClient;
use muster_refusal::ErrorReason as R;
use muster_testkit::TestCaller;
use prost_types::FieldMask;
use tonic::{Response, Status};

use crate::fixture::{Fixture, approve, id_of, name, owner};
use crate::history::history;
use crate::programme_loads::programme;
use crate::refused::{fields, refused};

fn address(city: &str) -> pb::ProgrammeAddress {
    pb::ProgrammeAddress {
        street_address: "7 Harbour Lane".to_owned(),
        city: city.to_owned(),
        region: "MI".to_owned(),
        postal_code: "49855".to_owned(),
    }
}

/// Says where the profile is, or no longer.
async fn say(
    fixture: &Fixture,
    id: OrganizationId,
    address: Option<pb::ProgrammeAddress>,
) -> Result<Response<pb::UpdateOrganizationResponse>, Status> {
    let request = pb::UpdateOrganizationRequest {
        organization: Some(pb::Organization {
            name: name(id),
            address,
            ..Default::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["address".to_owned()],
        }),
        ..Default::default()
    };
    fixture.profiles(owner(id)).update_organization(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_says_where_it_is_and_is_found_by_its_city_once_it_is_approved() {
    let fixture = Fixture::new().await;
    let profile = pb::Organization {
        address: Some(address("Marquette")),
        ..fixture.profile()
    };
    let id = fixture.draft("owner", profile).await;
    assert_eq!(fixture.read(id).await.address, Some(address("Marquette")));
    fixture.submit(id).await;
    assert!(fixture.find("Marquette").await.is_empty(), "nobody's to know yet");
    let mut staff = fixture.profiles(TestCaller::staff(id));
    staff.approve_organization(approve(id)).await.unwrap();
    // Also when it is typed wrongly.
    for typed in ["marquette", "Sunshine Marquette", "Markette"] {
        let found = fixture.find(typed).await;
        assert_eq!(found.len(), 1, "{typed}");
        assert_eq!(found[0].organization, name(id));
        assert_eq!(found[0].address, Some(address("Marquette")));
    }

    let before = fixture.read(id).await;
    let moved = say(&fixture, id, Some(address("Houghton")))
        .await
        .unwrap()
        .into_inner();
    let moved = moved.organization.unwrap();
    assert_eq!(moved.address, Some(address("Houghton")));
    assert_ne!(moved.etag, before.etag);
    assert_eq!(fixture.read(id).await, moved);
    assert_eq!(fixture.find("Houghton").await.len(), 1);
    assert!(fixture.find("Marquette").await.is_empty());
    let same = say(&fixture, id, Some(address("Houghton")))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(same.organization.unwrap(), moved, "it says so already");
    let told = history(&fixture, id).await;
    let told = told.iter().flat_map(|entry| &entry.changes);
    let cities: Vec<_> = told.filter(|change| change.field == "city").collect();
    assert_eq!(cities.len(), 2);
    assert_eq!(cities[1].after.as_deref(), Some("Houghton"));

    let gone = say(&fixture, id, None).await.unwrap().into_inner();
    assert_eq!(gone.organization.unwrap().address, None);
    assert!(fixture.find("Houghton").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_a_city_and_lines_that_everybody_sees() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let wrong = pb::ProgrammeAddress {
        street_address: "7 Harbour\nLane".to_owned(),
        city: String::new(),
        region: "www.example.test".to_owned(),
        postal_code: "4".repeat(21),
    };
    let each = ["city", "postal_code", "region", "street_address"];
    let each = each.map(|line| format!("organization.address.{line}"));
    let mut told = fields(say(&fixture, id, Some(wrong.clone())).await, R::InvalidRequest);
    told.sort();
    assert_eq!(told, each);
    let request = pb::CreateOrganizationRequest {
        organization: Some(pb::Organization {
            address: Some(wrong),
            ..fixture.profile()
        }),
        request_id: String::new(),
    };
    let mut other = fixture.profiles(TestCaller::person("other"));
    let created = other.create_organization(request).await;
    let mut told = fields(created, R::InvalidRequest);
    told.sort();
    assert_eq!(told, each);
    assert_eq!(fixture.read(id).await.address, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_programme_is_its_authority_tells() {
    let fixture = Fixture::new().await;
    let told = |city: &str| pb::ProgrammeRow {
        address: Some(address(city)),
        ..programme("AD 12")
    };
    fixture.load(vec![told("Marquette")]).await;
    let entry = fixture.find("AD 12").await.remove(0);
    let profile = fixture.claim("owner", &entry.programme).await.unwrap();
    assert_eq!(profile.address, Some(address("Marquette")));
    let id = id_of(&profile);
    refused(
        say(&fixture, id, Some(address("Houghton"))).await,
        R::ProgrammeReadOnly,
    );
    refused(say(&fixture, id, None).await, R::ProgrammeReadOnly);
    fixture.load(vec![told("Ishpeming")]).await;
    assert_eq!(fixture.read(id).await.address, Some(address("Ishpeming")));

    // Of another number nobody has said where it is, until the organization does or its authority tells.
    fixture.submit_and_approve(id).await;
    let renewed = renew(&fixture, id, "AD 13").await;
    assert_eq!((renewed.address, renewed.programme.as_str()), (None, ""));
    assert!(
        fixture
            .find("Ishpeming")
            .await
            .iter()
            .all(|one| one.license_number != "AD 13")
    );
    say(&fixture, id, Some(address("Houghton"))).await.unwrap();
    assert_eq!(fixture.read(id).await.address, Some(address("Houghton")));
}

async fn renew(fixture: &Fixture, id: OrganizationId, number: &str) -> pb::Organization {
    let request = pb::RenewLicenseRequest {
        name: name(id),
        license_number: number.to_owned(),
        reason: "a new one".to_owned(),
        ..Default::default()
    };
    let mut staff = LicenseServiceClient::new(fixture.service.calls_of(TestCaller::staff(id)));
    let renewed = staff.renew_license(request).await.unwrap();
    renewed.into_inner().organization.unwrap()
}

/// By the words of a city a site is found: whoever says many wants to be found by what it is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_city_has_no_more_words_than_cities_have() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let longest = "Dolores Hidalgo Cuna de la Independencia Nacional";
    say(&fixture, id, Some(address(longest))).await.unwrap();
    let many = "Detroit, Lansing, Flint, Ann-Arbor, Warren, Troy, Livonia, Novi";
    assert_eq!(
        fields(say(&fixture, id, Some(address(many))).await, R::InvalidRequest),
        ["organization.address.city"]
    );
    assert_eq!(fixture.read(id).await.address, Some(address(longest)));
}

/// Registry staff approve a name and an address, and hear by the review when strangers see others.
#[tokio::test(flavor = "multi_thread")]
async fn a_review_says_as_what_a_profile_was_approved_once_that_is_no_more_so() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let approved_as = async || {
        let request = pb::GetReviewRequest {
            name: format!("{}/review", name(id)),
        };
        let mut staff = ReviewServiceClient::new(fixture.service.calls_of(TestCaller::staff(id)));
        let review = staff.get_review(request).await.unwrap().into_inner();
        review.review.unwrap().approved_as
    };
    assert_eq!(approved_as().await, None);
    say(&fixture, id, Some(address("Houghton"))).await.unwrap();
    let expected = pb::ApprovedAs {
        display_name: "Sunshine Day Care".to_owned(),
        address: None,
    };
    assert_eq!(approved_as().await, Some(expected.clone()));
    say(&fixture, id, None).await.unwrap();
    assert_eq!(approved_as().await, None, "as it was");
    let request = pb::UpdateOrganizationRequest {
        organization: Some(pb::Organization {
            name: name(id),
            display_name: "Moonshine".to_owned(),
            ..Default::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["display_name".to_owned()],
        }),
        ..Default::default()
    };
    fixture
        .profiles(owner(id))
        .update_organization(request)
        .await
        .unwrap();
    assert_eq!(approved_as().await, Some(expected));
}
