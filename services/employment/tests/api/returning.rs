//! Coming back to an organization that one has left.

use muster_proto::employment::v1::{Employment, EmploymentState};

use crate::fixture::Fixture;

/// No call ends an employment yet.
const ENDS: [(EmploymentState, &str); 3] = [
    (
        EmploymentState::Ended,
        "UPDATE employments SET state = 'ENDED', version = version + 6 WHERE person_display_name = 'learner-1'",
    ),
    (
        EmploymentState::Rejected,
        "UPDATE employments SET state = 'REJECTED'
         WHERE state = 'VERIFIED' AND person_display_name = 'learner-1'",
    ),
    (
        EmploymentState::Withdrawn,
        "UPDATE employments SET state = 'WITHDRAWN'
         WHERE state = 'VERIFIED' AND person_display_name = 'learner-1'",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn coming_back_makes_a_new_employment_whose_sequence_is_above_the_former_one() {
    let fixture = Fixture::start().await;
    for (state, statement) in ENDS {
        fixture.employ_anywhere("learner-1").await;
        fixture.service.database.execute(statement).await;
        assert_eq!(fixture.employments_of("learner-1").await[0].state(), state);
    }
    fixture.employ_anywhere("learner-1").await;
    let states: Vec<_> = fixture
        .employments_of("learner-1")
        .await
        .iter()
        .map(Employment::state)
        .collect();
    let (ended, rejected, withdrawn) = (
        EmploymentState::Ended,
        EmploymentState::Rejected,
        EmploymentState::Withdrawn,
    );
    assert_eq!(states, [EmploymentState::Verified, withdrawn, rejected, ended]);
    let told = fixture.told_of("learner-1").await;
    let told: Vec<_> = told.into_iter().map(|(sequence, _)| sequence).collect();
    assert_eq!(told, [1, 8, 9, 10]);
}
