//! Who directs an organization.

use muster_ids::PersonName;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::director_internal_service_client::DirectorInternalServiceClient;
use muster_refusal::ErrorReason;
use muster_testkit::{Callers, TestChannel, Who};

use crate::refused::{fields, refused};
use crate::world::{World, approve, name};

fn director(world: &World) -> DirectorInternalServiceClient<TestChannel> {
    DirectorInternalServiceClient::new(world.service.calls_of(Who::Workload("employment")))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_directs_an_approved_organization_under_their_own_name() {
    let world = World::new().await;
    let id = world.submitted().await;
    let asked = pb::GetDirectorRequest {
        organization: name(id),
    };
    refused(
        director(&world).get_director(asked.clone()).await,
        ErrorReason::NotFound,
    );
    world
        .profiles(Who::staff(id))
        .approve_organization(approve(id))
        .await
        .unwrap();
    let told = director(&world).get_director(asked).await.unwrap().into_inner();
    let person = PersonName {
        person: Callers::person("owner").id,
    }
    .to_string();
    assert_eq!(
        told,
        pb::GetDirectorResponse {
            person,
            display_name: "owner".to_owned()
        }
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_cannot_be_read_is_refused() {
    let world = World::new().await;
    let asked = pb::GetDirectorRequest {
        organization: "organizations/-".to_owned(),
    };
    let answer = director(&world).get_director(asked).await;
    assert_eq!(fields(answer, ErrorReason::InvalidRequest), ["organization"]);
}
