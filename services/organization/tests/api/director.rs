//! Who directs an organization.

use muster_ids::PersonName;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::director_internal_service_client::DirectorInternalServiceClient;
use muster_refusal::ErrorReason;
use muster_testkit::{Callers, TestCaller, TestChannel};

use crate::fixture::{Fixture, approve, name};
use crate::refused::{fields, refused};

fn director(fixture: &Fixture) -> DirectorInternalServiceClient<TestChannel> {
    DirectorInternalServiceClient::new(fixture.service.calls_of(TestCaller::Workload("employment")))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_directs_an_approved_organization_under_their_own_name() {
    let fixture = Fixture::new().await;
    let id = fixture.submitted().await;
    let asked = pb::GetDirectorRequest {
        organization: name(id),
    };
    refused(
        director(&fixture).get_director(asked.clone()).await,
        ErrorReason::NotFound,
    );
    fixture
        .profiles(TestCaller::staff(id))
        .approve_organization(approve(id))
        .await
        .unwrap();
    let told = director(&fixture).get_director(asked).await.unwrap().into_inner();
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
    let fixture = Fixture::new().await;
    let asked = pb::GetDirectorRequest {
        organization: "organizations/-".to_owned(),
    };
    let answer = director(&fixture).get_director(asked).await;
    assert_eq!(fields(answer, ErrorReason::InvalidRequest), ["organization"]);
}
