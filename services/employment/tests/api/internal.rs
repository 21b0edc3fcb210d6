//! `EmploymentInternalService`.

use muster_proto::employment::v1::{EmploymentState, GetEmploymentStateRequest, GetEmploymentStateResponse};
use muster_refusal::{ErrorReason, violations_of};
use muster_testkit::Who;

use crate::world::{World, person_name, reason};

impl World {
    fn state_question(&self) -> GetEmploymentStateRequest {
        GetEmploymentStateRequest {
            organization: self.organization_name().to_string(),
            person: person_name("learner-1").to_string(),
        }
    }

    pub(crate) async fn state(&self) -> GetEmploymentStateResponse {
        let mut client = self.internal(Who::Workload("records"));
        client
            .get_employment_state(self.state_question())
            .await
            .unwrap()
            .into_inner()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_latest_employment_is_told_with_its_sequence() {
    let world = World::start().await;
    assert_eq!(world.state().await, GetEmploymentStateResponse::default());
    world.employ_anywhere("learner-1").await;
    let first = world.state().await;
    assert_eq!((first.state(), first.sequence), (EmploymentState::Verified, 1));
    assert_eq!(first.employment, world.employment_of("learner-1").await.name);
    world
        .service
        .database
        .execute(
            "UPDATE employments SET state = 'ENDED', version = 2 WHERE person_display_name = 'learner-1'",
        )
        .await;
    assert_eq!(
        (world.state().await.state(), world.state().await.sequence),
        (EmploymentState::Ended, 2)
    );
    world.employ_anywhere("learner-1").await;
    let second = world.state().await;
    assert_eq!((second.state(), second.sequence), (EmploymentState::Verified, 3));
    assert_ne!(second.employment, first.employment);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_services_that_the_rule_names_are_told() {
    let world = World::start().await;
    for (who, refused) in [
        (Who::Nobody, ErrorReason::TokenMissing),
        (Who::Workload("invitation"), ErrorReason::PermissionDenied),
        (Who::Workload("organization"), ErrorReason::PermissionDenied),
        (Who::Workload("learning-system"), ErrorReason::PermissionDenied),
        (world.admin(), ErrorReason::TokenMissing),
    ] {
        let answer = world
            .internal(who.clone())
            .get_employment_state(world.state_question())
            .await;
        assert_eq!(reason(answer), refused, "{who:?}");
    }
    assert!(
        world
            .internal(Who::Workload("records"))
            .get_employment_state(world.state_question())
            .await
            .is_ok()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_question_is_told_everything_that_is_wrong() {
    let world = World::start().await;
    let request = GetEmploymentStateRequest {
        organization: "x".to_owned(),
        person: "y".to_owned(),
    };
    let refused = world
        .internal(Who::Workload("records"))
        .get_employment_state(request)
        .await
        .unwrap_err();
    let fields: Vec<_> = violations_of(&refused)
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    assert_eq!(fields, ["organization", "person"]);
}
