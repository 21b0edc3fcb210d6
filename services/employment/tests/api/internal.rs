//! `EmploymentInternalService`.

use muster_proto::employment::v1::{
    BatchGetEmployeesRequest, EmploymentState, GetEmploymentStateRequest, GetEmploymentStateResponse,
};
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

#[tokio::test(flavor = "multi_thread")]
async fn who_is_employed_is_told_by_name() {
    let fixture = Fixture::start().await;
    fixture.employ_anywhere("learner-1").await;
    let persons = ["learner-1", "learner-2"].map(|person| person_name(person).to_string());
    let request = BatchGetEmployeesRequest {
        organization: fixture.organization_name().to_string(),
        persons: persons.to_vec(),
    };
    let positions = "INSERT INTO employment_positions (organization_id, employment_id, place, code, title, start_date, end_date)
         SELECT organization_id, employment_id, place, '', title, '2020-01-01', end_date::date
         FROM employments, (VALUES (1, 'Cook', NULL), (2, 'Driver', '2020-02-01')) AS p (place, title, end_date)
         WHERE person_display_name = 'learner-1'";
    fixture.service.database.execute(positions).await;
    let ask = async || {
        let mut client = fixture.internal(TestCaller::Workload("records"));
        client
            .batch_get_employees(request.clone())
            .await
            .unwrap()
            .into_inner()
            .employees
    };
    let employees = ask().await;
    assert_eq!(employees.len(), 1, "{employees:?}");
    assert_eq!(
        (
            employees[0].person.as_str(),
            employees[0].person_display_name.as_str()
        ),
        (persons[0].as_str(), "learner-1")
    );
    assert_eq!(employees[0].position_titles, ["Cook"]);
    let end = "UPDATE employments SET state = 'ENDED' WHERE person_display_name = 'learner-1'";
    fixture.service.database.execute(end).await;
    assert_eq!(ask().await, []);
}
