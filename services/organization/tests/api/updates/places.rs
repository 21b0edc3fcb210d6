//! Groups and locations.

use muster_ids::{GroupName, LocationName, OrganizationId};
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::location_service_client::LocationServiceClient;
use muster_refusal::ErrorReason;
use tonic::{Response, Status};

use super::{mask, update_group};
use crate::fixture::{Fixture, name, owner};
use crate::refused::{fields, refused};

pub(super) async fn update_location(
    fixture: &Fixture,
    id: OrganizationId,
    location: pb::Location,
    paths: &[&str],
) -> Result<Response<pb::UpdateLocationResponse>, Status> {
    let request = pb::UpdateLocationRequest {
        location: Some(location),
        update_mask: mask(paths),
        request_id: String::new(),
    };
    let mut locations = LocationServiceClient::new(fixture.service.calls_of(owner(id)));
    locations.update_location(request).await
}

pub(super) async fn location(fixture: &Fixture, id: OrganizationId, called: &str) -> pb::Location {
    let request = pb::CreateLocationRequest {
        parent: name(id),
        location: Some(pb::Location {
            display_name: called.to_owned(),
            ..Default::default()
        }),
        request_id: String::new(),
    };
    let mut locations = LocationServiceClient::new(fixture.service.calls_of(owner(id)));
    let made = locations.create_location(request).await.unwrap();
    made.into_inner().location.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn names_stay_unique_and_trainings_in_the_catalog() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let (teachers, nurses) = (
        fixture.group(id, "Teachers", vec![]).await,
        fixture.group(id, "Nurses", vec![]).await,
    );
    let taken = pb::Group {
        name: nurses.name.clone(),
        display_name: teachers.display_name,
        ..Default::default()
    };
    refused(
        update_group(&fixture, id, taken, &["display_name"]).await,
        ErrorReason::GroupNameTaken,
    );
    let untaken = fixture.training().await;
    let wanting = pb::Group {
        name: nurses.name,
        trainings: vec![fixture.taken(id).await, untaken],
        ..Default::default()
    };
    let answer = update_group(&fixture, id, wanting, &["trainings"]).await;
    assert_eq!(
        fields(answer, ErrorReason::TrainingNotInCatalog),
        ["group.trainings[1]"]
    );
    let (north, south) = (
        location(&fixture, id, "North").await,
        location(&fixture, id, "South").await,
    );
    let taken = pb::Location {
        name: south.name,
        display_name: north.display_name,
        ..Default::default()
    };
    refused(
        update_location(&fixture, id, taken, &["display_name"]).await,
        ErrorReason::LocationNameTaken,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_organization_has_is_not_there() {
    let fixture = Fixture::new().await;
    let (own, other) = (fixture.active().await, fixture.active().await);
    let theirs = fixture.group(other, "Staff", vec![]).await;
    let group = theirs.name.parse::<GroupName>().unwrap().group;
    let named = |organization: OrganizationId| pb::Group {
        name: GroupName { organization, group }.to_string(),
        display_name: "Mine".to_owned(),
        ..Default::default()
    };
    refused(
        update_group(&fixture, own, named(own), &["display_name"]).await,
        ErrorReason::NotFound,
    );
    refused(
        update_group(&fixture, own, named(other), &["display_name"]).await,
        ErrorReason::PermissionDenied,
    );
    let nowhere = pb::Location {
        name: LocationName {
            organization: own,
            location: fixture.service.clock.new_id(),
        }
        .to_string(),
        display_name: "Mine".to_owned(),
        ..Default::default()
    };
    refused(
        update_location(&fixture, own, nowhere, &["display_name"]).await,
        ErrorReason::NotFound,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_gets_another_name() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let made = location(&fixture, id, "North").await;
    assert_eq!(made.etag, "1");
    let changes = pb::Location {
        display_name: "North Street".to_owned(),
        ..made.clone()
    };
    let answer = update_location(&fixture, id, changes.clone(), &["display_name"]).await;
    let renamed = answer.unwrap().into_inner().location.unwrap();
    let expected = pb::Location {
        etag: "2".to_owned(),
        ..changes.clone()
    };
    assert_eq!(renamed, expected);
    refused(
        update_location(&fixture, id, changes, &["display_name"]).await,
        ErrorReason::EtagMismatch,
    );
}
