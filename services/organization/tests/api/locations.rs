//! Locations.

use muster_ids::{LocationName, OrganizationId};
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::location_service_client::LocationServiceClient;
use muster_refusal::ErrorReason;
use uuid::Uuid;

use crate::fixture::{Fixture, name, owner};
use crate::refused::{fact, fields, refused};

async fn create(
    fixture: &Fixture,
    id: OrganizationId,
    called: &str,
) -> Result<tonic::Response<pb::CreateLocationResponse>, tonic::Status> {
    let location = pb::Location {
        display_name: called.to_owned(),
        ..Default::default()
    };
    let request = pb::CreateLocationRequest {
        parent: name(id),
        location: Some(location),
        request_id: String::new(),
    };
    LocationServiceClient::new(fixture.service.calls_of(owner(id)))
        .create_location(request)
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_belongs_to_its_organization() {
    let fixture = Fixture::new().await;
    let id = fixture.draft("owner", fixture.profile()).await;
    let location = create(&fixture, id, "North Street")
        .await
        .unwrap()
        .into_inner()
        .location
        .unwrap();
    assert_eq!(location.name.parse::<LocationName>().unwrap().organization, id);
    assert_eq!(location.display_name, "North Street");
    assert!(location.create_time.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_name_is_unique_in_its_organization_only() {
    let fixture = Fixture::new().await;
    let (first, second) = (fixture.active().await, fixture.active().await);
    create(&fixture, first, "North Street").await.unwrap();
    create(&fixture, second, "North Street").await.unwrap();
    create(&fixture, first, "north street").await.unwrap();
    refused(
        create(&fixture, first, "North Street").await,
        ErrorReason::LocationNameTaken,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_has_a_name() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    for called in ["", "   ", "two\nlines", &"x".repeat(81)] {
        let refused = fields(create(&fixture, id, called).await, ErrorReason::InvalidRequest);
        assert_eq!(refused, ["location.display_name"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_has_at_most_a_thousand_locations() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    fixture.fill(id, 999).await;
    create(&fixture, id, "North").await.unwrap();
    let status = refused(create(&fixture, id, "South").await, ErrorReason::TooManyLocations);
    assert_eq!(muster_refusal::quota_of(&status), Some((1000, 1000)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_profile_gets_no_location() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    fixture
        .service
        .database
        .execute("UPDATE organizations SET state = 'CLOSED'")
        .await;
    let status = refused(
        create(&fixture, id, "North Street").await,
        ErrorReason::OrganizationState,
    );
    assert_eq!(fact(&status, "state").as_deref(), Some("CLOSED"));
    let nowhere = OrganizationId::from_uuid(Uuid::from_u128(1));
    refused(
        create(&fixture, nowhere, "North Street").await,
        ErrorReason::NotFound,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn locations_are_read_one_by_one_and_in_the_order_of_their_names() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    for called in ["South", "East", "West"] {
        create(&fixture, id, called).await.unwrap();
    }
    let other = fixture.active().await;
    create(&fixture, other, "Elsewhere").await.unwrap();
    let mut locations = LocationServiceClient::new(fixture.service.calls_of(owner(id)));
    let mut seen = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListLocationsRequest {
            parent: name(id),
            page_size: 2,
            page_token,
        };
        let page = locations.list_locations(request).await.unwrap().into_inner();
        seen.extend(page.locations);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let names: Vec<_> = seen
        .iter()
        .map(|location| location.display_name.as_str())
        .collect();
    assert_eq!(names, ["East", "South", "West"]);
    let get = pb::GetLocationRequest {
        name: seen[0].name.clone(),
    };
    let found = locations.get_location(get).await.unwrap().into_inner();
    assert_eq!(found.location.as_ref(), Some(&seen[0]));
    let theirs = pb::GetLocationRequest {
        name: seen[0].name.replace(&name(id), &name(other)),
    };
    let mut others = LocationServiceClient::new(fixture.service.calls_of(owner(other)));
    refused(others.get_location(theirs).await, ErrorReason::NotFound);
}
