//! What follows from a verified employment.

use muster_ids::{GroupId, GroupName, OrganizationId};
use muster_proto::records::v1::AssignmentState;
use muster_testkit::{eventually, eventually_some};

use crate::fixture::Fixture;
use crate::people::BY_HAND;

const ASSIGNMENTS: &str = "SELECT count(*) FROM assignments";

#[tokio::test(flavor = "multi_thread")]
async fn a_verified_employment_assigns_the_trainings_of_its_active_groups_once_each() {
    let fixture = Fixture::start().await;
    let (first, second, third) = (
        fixture.new_training("A-1").await,
        fixture.new_training("A-2").await,
        fixture.new_training("A-3").await,
    );
    let inactive = fixture.new_group(&[third]).await;
    // No call deactivates a group yet.
    let deactivate = "UPDATE groups SET state = 'INACTIVE'";
    fixture.organizations.database.execute(deactivate).await;
    let one = fixture.new_group(&[first, second]).await;
    let other = fixture.new_group(&[second]).await;
    let gone = GroupName {
        organization: fixture.organization,
        group: GroupId::from_uuid(fixture.new_id()),
    };
    let employment = fixture.verify("learner-1", &[one, other]).await;
    fixture
        .publish_verified(employment, "learner-1", &[one, other, inactive, gone], 2)
        .await;
    fixture.wait_applied(3).await;

    let assignments = fixture.assignments_of("learner-1").await;
    let mut codes: Vec<_> = assignments
        .iter()
        .map(|one| one.training_display_name.as_str())
        .collect();
    codes.sort_unstable();
    assert_eq!(codes, ["About A-1", "About A-2"]);
    for assignment in assignments {
        assert_eq!(
            (assignment.state(), assignment.progress_percent),
            (AssignmentState::Assigned, 0)
        );
        assert_eq!(assignment.organization, fixture.organization_name().to_string());
        assert!(assignment.assign_time.is_some() && assignment.start_time.is_none());
        assert_eq!(assignment.certificate, "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_organization_assigns_a_training_by_itself_and_to_each_learner() {
    let mut fixture = Fixture::start().await;
    let training = fixture.new_training("A-1").await;
    let group = fixture.new_group(&[training]).await;
    fixture.verify("learner-1", &[group]).await;
    let begun = fixture.assignments_of("learner-1").await[0].name.clone();
    fixture.report(&begun, 100).await.unwrap();
    fixture.verify("learner-2", &[group]).await;
    fixture.organization = fixture.open_organization().await;
    let elsewhere = fixture.new_group(&[training]).await;
    fixture.verify("learner-1", &[elsewhere]).await;
    let states = fixture.assignments_of("learner-1").await;
    let states: Vec<_> = states.iter().map(|one| one.state()).collect();
    assert_eq!(states, [AssignmentState::Assigned, AssignmentState::Completed]);
    assert_eq!(fixture.assignments_of("learner-2").await.len(), 1);
}

/// The assignment is cancelled when the event comes again: only the inbox keeps it from being made anew.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_event_twice_has_one_effect() {
    let fixture = Fixture::start().await;
    let group = fixture.new_group(&[fixture.new_training("A-1").await]).await;
    let employment = fixture.verify("learner-1", &[group]).await;
    fixture
        .service
        .database
        .execute("UPDATE assignments SET state = 'CANCELLED'")
        .await;
    fixture.employments.outbox().publish_all_again().await;
    fixture.employments.outbox().drained().await;
    // Events of one aggregate are handled in order: when the last one is applied, the repeated one has been handled.
    fixture.publish_verified(employment, "learner-1", &[], 2).await;
    fixture.wait_applied(3).await;
    assert_eq!(fixture.service.database.count(ASSIGNMENTS).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_with_more_groups_adds_what_is_missing_and_nothing_that_is_done() {
    let fixture = Fixture::start().await;
    let (first, second) = (
        fixture.new_training("A-1").await,
        fixture.new_training("A-2").await,
    );
    let one = fixture.new_group(&[first]).await;
    let both = fixture.new_group(&[first, second]).await;
    fixture.verify("learner-1", &[one]).await;
    let begun = fixture.assignments_of("learner-1").await[0].name.clone();
    fixture.report(&begun, 100).await.unwrap();
    fixture.verify("learner-1", &[both]).await;
    let assignments = fixture.assignments_of("learner-1").await;
    let states: Vec<_> = assignments
        .iter()
        .map(|one| (one.training.clone(), one.state()))
        .collect();
    assert_eq!(
        states,
        [
            (second.to_string(), AssignmentState::Assigned),
            (first.to_string(), AssignmentState::Completed),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_late_does_not_turn_back_what_is_known() {
    let fixture = Fixture::start().await;
    let group = fixture.new_group(&[fixture.new_training("A-1").await]).await;
    let (former, present) = (fixture.new_employment(), fixture.new_employment());
    fixture.publish_verified(present, "learner-1", &[], 5).await;
    fixture.wait_applied(2).await;
    fixture.publish_verified(former, "learner-1", &[group], 2).await;
    fixture.wait_applied(3).await;
    let known = fixture.known("learner-1").await;
    assert_eq!(
        (known.employment_id, known.sequence),
        (present.employment.as_uuid(), 5)
    );
    // There is one employment at a time: the former one is over, whether its end has been heard of or not.
    assert_eq!(fixture.service.database.count(ASSIGNMENTS).await, 0);
    // Of the present one, what is known last counts: it is in no group any more.
    fixture.publish_verified(present, "learner-1", &[group], 4).await;
    fixture.wait_applied(4).await;
    assert_eq!(fixture.known("learner-1").await.sequence, 5);
    assert_eq!(fixture.service.database.count(ASSIGNMENTS).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_after_the_end_assigns_nothing() {
    let fixture = Fixture::start().await;
    let group = fixture.new_group(&[fixture.new_training("A-1").await]).await;
    let employment = fixture.verify("learner-1", &[]).await;
    fixture
        .service
        .database
        .execute("UPDATE employment_projection SET state = 'ENDED', sequence = 9")
        .await;
    fixture
        .publish_verified(employment, "learner-1", &[group], 2)
        .await;
    fixture.wait_applied(3).await;
    assert_eq!(fixture.service.database.count(ASSIGNMENTS).await, 0);
    let known = fixture.known("learner-1").await;
    assert_eq!((known.state.as_str(), known.sequence), ("ENDED", 9));
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_events_of_one_learner_at_once_make_one_assignment_of_each_training() {
    let fixture = Fixture::start().await;
    let trainings = [
        fixture.new_training("A-1").await,
        fixture.new_training("A-2").await,
    ];
    let employment = fixture.new_employment();
    for sequence in 1..=16 {
        let group = fixture.new_group(&trainings).await;
        fixture
            .publish_verified(employment, "learner-1", &[group], sequence)
            .await;
    }
    fixture.wait_applied(17).await;
    assert_eq!(fixture.service.database.count(ASSIGNMENTS).await, 2);
    assert_eq!(fixture.known("learner-1").await.sequence, 16);
    assert!(fixture.parked().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_held_while_the_organization_service_is_away() {
    let mut fixture = Fixture::start().await;
    let group = fixture.new_group(&[fixture.new_training("A-1").await]).await;
    fixture.service.leave().await;
    fixture.accept("learner-1", &[group], BY_HAND).await;
    let told = "SELECT count(*) FROM outbox WHERE published_at IS NOT NULL";
    eventually(async || fixture.employments.database.count(told).await == 2).await;
    fixture.organizations.leave().await;
    fixture.service.come_back().await;

    fixture.organizations.missed(2).await;
    assert_eq!(fixture.applied().await, 1);
    fixture.organizations.come_back().await;
    fixture.wait_applied(2).await;
    assert_eq!(fixture.service.database.count(ASSIGNMENTS).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_cannot_be_right_is_parked_and_assigns_nothing() {
    let fixture = Fixture::start().await;
    let of_an_unknown_training = fixture.new_group(&[fixture.new_training("A-1").await]).await;
    // The organization service takes no training that this one does not know.
    let unknown =
        "INSERT INTO catalog_trainings SELECT organization_id, gen_random_uuid(), create_time FROM groups;
                   INSERT INTO group_trainings SELECT organization_id, group_id, training_id, 1
                   FROM groups JOIN catalog_trainings USING (organization_id)
                   ON CONFLICT DO NOTHING";
    fixture.organizations.database.execute(unknown).await;
    let other = OrganizationId::from_uuid(fixture.new_id());
    let of_another_organization = GroupName {
        organization: other,
        ..of_an_unknown_training
    };
    for group in [of_an_unknown_training, of_another_organization] {
        fixture
            .publish_verified(fixture.new_employment(), "learner-1", &[group], 1)
            .await;
    }
    eventually_some(async || (fixture.parked().await.len() == 2).then_some(())).await;
    assert_eq!(
        (
            fixture.applied().await,
            fixture.service.database.count(ASSIGNMENTS).await
        ),
        (1, 0)
    );
}
