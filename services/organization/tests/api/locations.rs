//! Locations.

use muster_ids::{LocationName, OrganizationId};
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::location_service_client::LocationServiceClient;
use muster_refusal::ErrorReason;
use uuid::Uuid;

use crate::refused::{fact, fields, refused};
use crate::world::{World, name, owner};

async fn create(
    world: &World,
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
    LocationServiceClient::new(world.service.calls_of(owner(id)))
        .create_location(request)
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_belongs_to_its_organization() {
    let world = World::new().await;
    let id = world.draft("owner", world.profile()).await;
    let location = create(&world, id, "North Street")
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
    let world = World::new().await;
    let (first, second) = (world.active().await, world.active().await);
    create(&world, first, "North Street").await.unwrap();
    create(&world, second, "North Street").await.unwrap();
    create(&world, first, "north street").await.unwrap();
    refused(
        create(&world, first, "North Street").await,
        ErrorReason::LocationNameTaken,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_has_a_name() {
    let world = World::new().await;
    let id = world.active().await;
    for called in ["", "   ", "two\nlines", &"x".repeat(81)] {
        let refused = fields(create(&world, id, called).await, ErrorReason::InvalidRequest);
        assert_eq!(refused, ["location.display_name"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_has_at_most_a_thousand_locations() {
    let world = World::new().await;
    let id = world.active().await;
    world.fill(id, 999).await;
    create(&world, id, "North").await.unwrap();
    let status = refused(create(&world, id, "South").await, ErrorReason::TooManyLocations);
    assert_eq!(muster_refusal::quota_of(&status), Some((1000, 1000)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_profile_gets_no_location() {
    let world = World::new().await;
    let id = world.active().await;
    world
        .service
        .database
        .execute("UPDATE organizations SET state = 'CLOSED'")
        .await;
    let status = refused(
        create(&world, id, "North Street").await,
        ErrorReason::OrganizationState,
    );
    assert_eq!(fact(&status, "state").as_deref(), Some("CLOSED"));
    let nowhere = OrganizationId::from_uuid(Uuid::from_u128(1));
    refused(
        create(&world, nowhere, "North Street").await,
        ErrorReason::NotFound,
    );
}
