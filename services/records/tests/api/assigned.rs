//! What follows from a verified employment.

use muster_ids::{GroupId, GroupName, OrganizationId};
use muster_proto::records::v1::AssignmentState;
use muster_testkit::{eventually, eventually_some};

use crate::people::BY_HAND;
use crate::world::World;

const ASSIGNMENTS: &str = "SELECT count(*) FROM assignments";

#[tokio::test(flavor = "multi_thread")]
async fn a_verified_employment_assigns_the_trainings_of_its_active_groups_once_each() {
    let world = World::start().await;
    let (first, second, third) = (
        world.new_training("A-1").await,
        world.new_training("A-2").await,
        world.new_training("A-3").await,
    );
    let inactive = world.new_group(&[third]).await;
    // No call deactivates a group yet.
    let deactivate = "UPDATE groups SET state = 'INACTIVE'";
    world.organizations.database.execute(deactivate).await;
    let one = world.new_group(&[first, second]).await;
    let other = world.new_group(&[second]).await;
    let gone = GroupName {
        organization: world.organization,
        group: GroupId::from_uuid(world.new_id()),
    };
    let employment = world.verify("learner-1", &[one, other]).await;
    world
        .publish_verified(employment, "learner-1", &[one, other, inactive, gone], 2)
        .await;
    world.wait_applied(3).await;

    let assignments = world.assignments_of("learner-1").await;
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
        assert_eq!(assignment.organization, world.organization_name().to_string());
        assert!(assignment.assign_time.is_some() && assignment.start_time.is_none());
        assert_eq!(assignment.certificate, "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_organization_assigns_a_training_by_itself_and_to_each_learner() {
    let mut world = World::start().await;
    let training = world.new_training("A-1").await;
    let group = world.new_group(&[training]).await;
    world.verify("learner-1", &[group]).await;
    let begun = world.assignments_of("learner-1").await[0].name.clone();
    world.report(&begun, 100).await.unwrap();
    world.verify("learner-2", &[group]).await;
    world.organization = world.open_organization().await;
    let elsewhere = world.new_group(&[training]).await;
    world.verify("learner-1", &[elsewhere]).await;
    let states = world.assignments_of("learner-1").await;
    let states: Vec<_> = states.iter().map(|one| one.state()).collect();
    assert_eq!(states, [AssignmentState::Assigned, AssignmentState::Completed]);
    assert_eq!(world.assignments_of("learner-2").await.len(), 1);
}

/// The assignment is cancelled when the event comes again: only the inbox keeps it from being made anew.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_event_twice_has_one_effect() {
    let world = World::start().await;
    let group = world.new_group(&[world.new_training("A-1").await]).await;
    let employment = world.verify("learner-1", &[group]).await;
    world
        .service
        .database
        .execute("UPDATE assignments SET state = 'CANCELLED'")
        .await;
    world.employments.outbox().publish_all_again().await;
    world.employments.outbox().drained().await;
    // Events of one aggregate are handled in order: when the last one is applied, the repeated one has been handled.
    world.publish_verified(employment, "learner-1", &[], 2).await;
    world.wait_applied(3).await;
    assert_eq!(world.service.database.count(ASSIGNMENTS).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_with_more_groups_adds_what_is_missing_and_nothing_that_is_done() {
    let world = World::start().await;
    let (first, second) = (world.new_training("A-1").await, world.new_training("A-2").await);
    let one = world.new_group(&[first]).await;
    let both = world.new_group(&[first, second]).await;
    world.verify("learner-1", &[one]).await;
    let begun = world.assignments_of("learner-1").await[0].name.clone();
    world.report(&begun, 100).await.unwrap();
    world.verify("learner-1", &[both]).await;
    let assignments = world.assignments_of("learner-1").await;
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
    let world = World::start().await;
    let group = world.new_group(&[world.new_training("A-1").await]).await;
    let (former, present) = (world.new_employment(), world.new_employment());
    world.publish_verified(present, "learner-1", &[], 5).await;
    world.wait_applied(2).await;
    world.publish_verified(former, "learner-1", &[group], 2).await;
    world.wait_applied(3).await;
    let known = world.known("learner-1").await;
    assert_eq!(
        (known.employment_id, known.sequence),
        (present.employment.as_uuid(), 5)
    );
    // Nothing says that the employment is over: what the late event asks for is still due.
    assert_eq!(world.service.database.count(ASSIGNMENTS).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_after_the_end_assigns_nothing() {
    let world = World::start().await;
    let group = world.new_group(&[world.new_training("A-1").await]).await;
    let employment = world.verify("learner-1", &[]).await;
    world
        .service
        .database
        .execute("UPDATE employment_projection SET state = 'ENDED', sequence = 9")
        .await;
    world.publish_verified(employment, "learner-1", &[group], 2).await;
    world.wait_applied(3).await;
    assert_eq!(world.service.database.count(ASSIGNMENTS).await, 0);
    let known = world.known("learner-1").await;
    assert_eq!((known.state.as_str(), known.sequence), ("ENDED", 9));
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_events_of_one_learner_at_once_make_one_assignment_of_each_training() {
    let world = World::start().await;
    let trainings = [world.new_training("A-1").await, world.new_training("A-2").await];
    for sequence in 1..=16 {
        let group = world.new_group(&trainings).await;
        world
            .publish_verified(world.new_employment(), "learner-1", &[group], sequence)
            .await;
    }
    world.wait_applied(17).await;
    assert_eq!(world.service.database.count(ASSIGNMENTS).await, 2);
    assert_eq!(world.known("learner-1").await.sequence, 16);
    assert!(world.parked().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_held_while_the_organization_service_is_away() {
    let mut world = World::start().await;
    let group = world.new_group(&[world.new_training("A-1").await]).await;
    world.service.leave().await;
    world.accept("learner-1", &[group], BY_HAND).await;
    let told = "SELECT count(*) FROM outbox WHERE published_at IS NOT NULL";
    eventually(async || world.employments.database.count(told).await == 2).await;
    world.organizations.leave().await;
    world.service.come_back().await;

    world.organizations.missed(2).await;
    assert_eq!(world.applied().await, 1);
    world.organizations.come_back().await;
    world.wait_applied(2).await;
    assert_eq!(world.service.database.count(ASSIGNMENTS).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_cannot_be_right_is_parked_and_assigns_nothing() {
    let world = World::start().await;
    let of_an_unknown_training = world.new_group(&[world.new_training("A-1").await]).await;
    // The organization service takes no training that this one does not know.
    let unknown =
        "INSERT INTO catalog_trainings SELECT organization_id, gen_random_uuid(), create_time FROM groups;
                   INSERT INTO group_trainings SELECT organization_id, group_id, training_id, 1
                   FROM groups JOIN catalog_trainings USING (organization_id)
                   ON CONFLICT DO NOTHING";
    world.organizations.database.execute(unknown).await;
    let other = OrganizationId::from_uuid(world.new_id());
    let of_another_organization = GroupName {
        organization: other,
        ..of_an_unknown_training
    };
    for group in [of_an_unknown_training, of_another_organization] {
        world
            .publish_verified(world.new_employment(), "learner-1", &[group], 1)
            .await;
    }
    eventually_some(async || (world.parked().await.len() == 2).then_some(())).await;
    assert_eq!(
        (
            world.applied().await,
            world.service.database.count(ASSIGNMENTS).await
        ),
        (1, 0)
    );
}
