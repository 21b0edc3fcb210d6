//! The organization's own catalog.

use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::catalog_service_client::CatalogServiceClient;
use muster_refusal::ErrorReason;
use tonic::{Response, Status};
use uuid::Uuid;

use crate::fixture::{Fixture, name, owner};
use crate::records::no_training;
use crate::refused::{fields, refused};

async fn add(
    fixture: &Fixture,
    id: OrganizationId,
    training: &str,
) -> Result<Response<pb::AddTrainingResponse>, Status> {
    let training = training.to_owned();
    let request = pb::AddTrainingRequest {
        parent: name(id),
        training,
        request_id: String::new(),
    };
    CatalogServiceClient::new(fixture.service.calls_of(owner(id)))
        .add_training(request)
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_training_is_added_once_and_keeps_its_time() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let course = fixture.training().await;
    let first = add(&fixture, id, &course).await.unwrap().into_inner();
    fixture.service.clock.advance(std::time::Duration::from_secs(60));
    // It is the organization's own now: also when the shared catalog has given it up.
    let given_up = "DELETE FROM trainings";
    fixture.records().await.database.execute(given_up).await;
    let again = add(&fixture, id, &course).await.unwrap().into_inner();
    assert_eq!(first, again);
    let added = first.catalog_training.unwrap();
    assert_eq!(added.training, course);
    let own = course.replace("trainings/", "catalogTrainings/");
    assert_eq!(added.name, format!("{}/{own}", name(id)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_training_that_the_shared_catalog_does_not_have_is_refused() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    fixture.training().await;
    refused(
        add(&fixture, id, &no_training(7)).await,
        ErrorReason::TrainingUnknown,
    );
    assert_eq!(
        fields(
            add(&fixture, id, "trainings/first-aid").await,
            ErrorReason::InvalidRequest
        ),
        ["training"]
    );
    assert_eq!(
        fixture
            .service
            .database
            .count("SELECT count(*) FROM catalog_trainings")
            .await,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_added_while_the_shared_catalog_does_not_answer() {
    // The records service is not started.
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    refused(add(&fixture, id, &no_training(7)).await, ErrorReason::Unavailable);
    assert_eq!(
        fixture
            .service
            .database
            .count("SELECT count(*) FROM catalog_trainings")
            .await,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_profile_adds_nothing() {
    let fixture = Fixture::new().await;
    let id = fixture.submitted().await;
    fixture
        .service
        .database
        .execute("UPDATE organizations SET state = 'REJECTED'")
        .await;
    let course = fixture.training().await;
    refused(add(&fixture, id, &course).await, ErrorReason::OrganizationState);
    let nowhere = OrganizationId::from_uuid(Uuid::from_u128(1));
    refused(add(&fixture, nowhere, &course).await, ErrorReason::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_lists_its_own_catalog() {
    let fixture = Fixture::new().await;
    let (id, other) = (fixture.active().await, fixture.active().await);
    let mut own = vec![
        fixture.taken(id).await,
        fixture.taken(id).await,
        fixture.taken(id).await,
    ];
    fixture.taken(other).await;
    own.sort();
    let mut catalog = CatalogServiceClient::new(fixture.service.calls_of(owner(id)));
    let mut request = pb::ListCatalogTrainingsRequest {
        parent: name(id),
        page_size: 2,
        page_token: String::new(),
    };
    let first = catalog.list_catalog_trainings(request.clone()).await.unwrap();
    let first = first.into_inner();
    request.page_token = first.next_page_token;
    let second = catalog
        .list_catalog_trainings(request)
        .await
        .unwrap()
        .into_inner();
    assert!(second.next_page_token.is_empty());
    let listed = first
        .catalog_trainings
        .into_iter()
        .chain(second.catalog_trainings);
    let listed: Vec<_> = listed.map(|added| added.training).collect();
    assert_eq!(listed, own);
}
