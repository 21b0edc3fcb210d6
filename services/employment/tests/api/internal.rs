//! `EmploymentInternalService`.

use muster_proto::employment::v1::{EmploymentState, GetEmploymentStateRequest, GetEmploymentStateResponse};
use muster_refusal::{ErrorReason, violations_of};
use muster_testkit::TestCaller;

use crate::fixture::{Fixture, person_name, reason};

impl Fixture {
    fn state_question(&self) -> GetEmploymentStateRequest {
        GetEmploymentStateRequest {
            organization: self.organization_name().to_string(),
            person: person_name("learner-1").to_string(),
        }
    }

    pub(crate) async fn state(&self) -> GetEmploymentStateResponse {
        let mut client = self.internal(TestCaller::Workload("records"));
        client
            .get_employment_state(self.state_question())
            .await
            .unwrap()
            .into_inner()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_latest_employment_is_told_with_its_sequence() {
    let fixture = Fixture::start().await;
    assert_eq!(fixture.state().await, GetEmploymentStateResponse::default());
    fixture.employ_anywhere("learner-1").await;
    let first = fixture.state().await;
    assert_eq!((first.state(), first.sequence), (EmploymentState::Verified, 1));
    assert_eq!(first.employment, fixture.employment_of("learner-1").await.name);
    fixture
        .service
        .database
        .execute(
            "UPDATE employments SET state = 'ENDED', version = 2 WHERE person_display_name = 'learner-1'",
        )
        .await;
    assert_eq!(
        (fixture.state().await.state(), fixture.state().await.sequence),
        (EmploymentState::Ended, 2)
    );
    fixture.employ_anywhere("learner-1").await;
    let second = fixture.state().await;
    assert_eq!((second.state(), second.sequence), (EmploymentState::Verified, 3));
    assert_ne!(second.employment, first.employment);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_services_that_the_rule_names_are_told() {
    let fixture = Fixture::start().await;
    for (who, refused) in [
        (TestCaller::Nobody, ErrorReason::TokenMissing),
        (TestCaller::Workload("invitation"), ErrorReason::PermissionDenied),
        (
            TestCaller::Workload("organization"),
            ErrorReason::PermissionDenied,
        ),
        (
            TestCaller::Workload("learning-system"),
            ErrorReason::PermissionDenied,
        ),
        (fixture.admin(), ErrorReason::TokenMissing),
    ] {
        let answer = fixture
            .internal(who.clone())
            .get_employment_state(fixture.state_question())
            .await;
        assert_eq!(reason(answer), refused, "{who:?}");
    }
    assert!(
        fixture
            .internal(TestCaller::Workload("records"))
            .get_employment_state(fixture.state_question())
            .await
            .is_ok()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_question_is_told_everything_that_is_wrong() {
    let fixture = Fixture::start().await;
    let request = GetEmploymentStateRequest {
        organization: "x".to_owned(),
        person: "y".to_owned(),
    };
    let refused = fixture
        .internal(TestCaller::Workload("records"))
        .get_employment_state(request)
        .await
        .unwrap_err();
    let fields: Vec<_> = violations_of(&refused)
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    assert_eq!(fields, ["organization", "person"]);
}
