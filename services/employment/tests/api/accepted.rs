//! What follows from an accepted invitation.

use muster_ids::OrganizationId;
use muster_proto::employment::v1::{Employment, EmploymentState};
use muster_proto::invitation::v1::InvitationSource;
use muster_proto::organization::v1::Role;
use muster_testkit::eventually;
use muster_testkit::eventually_some;

use crate::world::{World, location_of, names, person_name};

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_invitation_by_hand_makes_a_verified_employment() {
    let world = World::start().await;
    let groups = [world.new_group(), world.new_group()];
    let location = location_of(world.organization, &world.service.clock);
    let mut accepted = world.accepted("learner-1", &groups);
    accepted.event.location = location.to_string();
    let invitation = accepted.invitation.to_string();
    world.accept(accepted).await;

    let [employment] = world.all().await.try_into().unwrap();
    assert_eq!(employment.state(), EmploymentState::Verified);
    assert_eq!(employment.person, person_name("learner-1").to_string());
    assert_eq!(employment.person_display_name, "learner-1");
    assert_eq!(
        employment
            .groups
            .iter()
            .cloned()
            .collect::<std::collections::BTreeSet<_>>(),
        names(&groups)
    );
    assert_eq!(employment.location, location.to_string());
    assert_eq!(employment.source_invitation, invitation);
    assert!(employment.create_time.is_some() && employment.create_time == employment.verify_time);

    let [(sequence, event)] = world.told().await.try_into().unwrap();
    assert_eq!((sequence, &event.employment), (1, &employment.name));
    assert_eq!(
        (&event.person, &event.groups),
        (&employment.person, &employment.groups)
    );
    assert_eq!(event.source_invitation, invitation);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acceptance_that_nobody_vouches_for_waits_for_an_administrator_and_is_told_to_nobody() {
    let world = World::start().await;
    world.set_role("viewer", Role::Viewer);
    let mut from_the_join_page = world.accepted("learner-1", &[world.new_group()]);
    from_the_join_page.event.set_source(InvitationSource::JoinPage);
    let mut from_a_viewer = world.accepted("learner-2", &[world.new_group()]);
    from_a_viewer.event.inviter = person_name("viewer").to_string();
    let mut from_one_who_lost_the_role = world.accepted("learner-3", &[world.new_group()]);
    from_one_who_lost_the_role.event.inviter = person_name("former-admin").to_string();
    let from_oneself = world.accepted("owner", &[world.new_group()]);
    for accepted in [
        from_the_join_page,
        from_a_viewer,
        from_one_who_lost_the_role,
        from_oneself,
    ] {
        world.accept(accepted).await;
    }
    let employments = world.all().await;
    assert_eq!(employments.len(), 4);
    for employment in employments {
        assert_eq!(
            employment.state(),
            EmploymentState::PendingVerification,
            "{}",
            employment.person_display_name
        );
        assert_eq!(employment.verify_time, None);
        assert_eq!(employment.groups.len(), 1);
    }
    assert_eq!(world.told().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_vouches_like_an_invitation_by_hand() {
    let world = World::start().await;
    world.set_role("admin", Role::Admin);
    let mut accepted = world.accepted("learner-1", &[world.new_group()]);
    accepted.event.set_source(InvitationSource::Import);
    accepted.event.inviter = person_name("admin").to_string();
    world.accept(accepted).await;
    assert_eq!(world.all().await[0].state(), EmploymentState::Verified);
}

/// The employment is over when the event comes again: only the inbox keeps it from employing the person anew.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_event_twice_has_one_effect() {
    let world = World::start().await;
    let accepted = world.accepted("learner-1", &[world.new_group()]);
    let aggregate = accepted.invitation.invitation.as_uuid();
    world.accept(accepted).await;
    world
        .service
        .database
        .execute("UPDATE employments SET state = 'ENDED'")
        .await;
    world.publisher.publish_all_again().await;
    // Events of one aggregate are handled in order: when the last one is applied, the repeated one has been handled.
    let last = world.accepted("learner-2", &[]).event;
    world
        .publisher
        .publish(world.organization, aggregate, 4, last)
        .await;
    world.wait_applied(2).await;

    let employments = world.all().await;
    let of_learner_1 = employments
        .iter()
        .filter(|one| one.person == person_name("learner-1").to_string());
    assert_eq!(
        of_learner_1.map(Employment::state).collect::<Vec<_>>(),
        [EmploymentState::Ended]
    );
    assert_eq!((employments.len(), world.told().await.len()), (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_claim_is_verified_when_a_later_invitation_vouches() {
    let world = World::start().await;
    let (first, second) = (world.new_group(), world.new_group());
    let mut claim = world.accepted("learner-1", &[first]);
    claim.event.set_source(InvitationSource::JoinPage);
    let source = claim.invitation.to_string();
    world.accept(claim).await;
    world.accept(world.accepted("learner-1", &[second])).await;

    let [employment] = world.all().await.try_into().unwrap();
    assert_eq!(employment.state(), EmploymentState::Verified);
    assert_eq!(
        (employment.groups.len(), employment.source_invitation),
        (2, source)
    );
    let [(sequence, event)] = world.told().await.try_into().unwrap();
    assert_eq!((sequence, event.groups.len()), (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_further_invitation_adds_its_groups_and_one_without_news_tells_nothing() {
    let world = World::start().await;
    let (first, second) = (world.new_group(), world.new_group());
    world.accept(world.accepted("learner-1", &[first])).await;
    let etag = world.all().await[0].etag.clone();
    world.accept(world.accepted("learner-1", &[second])).await;
    world.accept(world.accepted("learner-1", &[first, second])).await;
    let [employment] = world.all().await.try_into().unwrap();
    assert_ne!(employment.etag, etag);
    let told: Vec<_> = world
        .told()
        .await
        .into_iter()
        .map(|(sequence, event)| (sequence, event.groups.len()))
        .collect();
    assert_eq!(told, [(1, 1), (2, 2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unproven_acceptance_leaves_a_verified_employment_verified_and_adds_its_groups() {
    let world = World::start().await;
    world
        .accept(world.accepted("learner-1", &[world.new_group()]))
        .await;
    let mut own_asking = world.accepted("learner-1", &[world.new_group()]);
    own_asking.event.set_source(InvitationSource::JoinPage);
    world.accept(own_asking).await;
    let [employment] = world.all().await.try_into().unwrap();
    assert_eq!(
        (employment.state(), employment.groups.len()),
        (EmploymentState::Verified, 2)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn coming_back_makes_a_new_employment_whose_sequence_is_above_the_former_one() {
    let world = World::start().await;
    for (state, statement) in [
        (
            EmploymentState::Ended,
            "UPDATE employments SET state = 'ENDED', version = version + 6",
        ),
        (
            EmploymentState::Rejected,
            "UPDATE employments SET state = 'REJECTED' WHERE state = 'VERIFIED'",
        ),
        (
            EmploymentState::Withdrawn,
            "UPDATE employments SET state = 'WITHDRAWN' WHERE state = 'VERIFIED'",
        ),
    ] {
        world
            .accept(world.accepted("learner-1", &[world.new_group()]))
            .await;
        world.service.database.execute(statement).await;
        assert_eq!(world.all().await[0].state(), state);
    }
    world
        .accept(world.accepted("learner-1", &[world.new_group()]))
        .await;
    let states: Vec<_> = world.all().await.iter().map(Employment::state).collect();
    let (ended, rejected, withdrawn) = (
        EmploymentState::Ended,
        EmploymentState::Rejected,
        EmploymentState::Withdrawn,
    );
    assert_eq!(states, [EmploymentState::Verified, withdrawn, rejected, ended]);
    let told: Vec<_> = world
        .told()
        .await
        .into_iter()
        .map(|(sequence, _)| sequence)
        .collect();
    assert_eq!(told, [1, 8, 9, 10]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_acceptances_at_once_make_one_employment_with_all_groups() {
    let world = World::start().await;
    for _ in 0..16 {
        world
            .publish(world.accepted("learner-1", &[world.new_group()]))
            .await;
    }
    world.wait_applied(16).await;
    let [employment] = world.all().await.try_into().unwrap();
    assert_eq!(employment.groups.len(), 16);
    let told = world.told().await;
    assert_eq!(
        told.iter().map(|(sequence, _)| *sequence).collect::<Vec<_>>(),
        (1..=16).collect::<Vec<_>>()
    );
    assert_eq!(told.last().unwrap().1.groups.len(), 16);
    assert!(world.parked().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acceptance_is_held_while_those_who_must_be_asked_are_away() {
    let world = World::start().await;
    world.peers.set_away(true);
    world
        .publish(world.accepted("learner-1", &[world.new_group()]))
        .await;
    eventually(async || world.peers.asked() > 3).await;
    assert_eq!((world.applied().await, world.all().await.len()), (0, 0));
    world.peers.set_away(false);
    world.wait_applied(1).await;
    assert_eq!(world.all().await[0].state(), EmploymentState::Verified);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acceptance_that_cannot_be_right_is_parked_and_employs_nobody() {
    let world = World::start().await;
    let other = OrganizationId::from_uuid(world.service.clock.new_uuid());
    let elsewhere = muster_ids::GroupName {
        organization: other,
        ..world.new_group()
    };
    let of_another_person = world.accepted("learner-1", &[]);
    world.peers.set_acceptance(
        of_another_person.invitation,
        person_name("learner-2"),
        "learner-2",
    );
    let of_foreign_groups = world.accepted("learner-1", &[elsewhere]);
    let mut of_an_unknown_invitation = world.accepted("learner-1", &[]);
    of_an_unknown_invitation.event.invitation = muster_ids::InvitationName {
        invitation: muster_ids::InvitationId::from_uuid(world.service.clock.new_uuid()),
        ..of_an_unknown_invitation.invitation
    }
    .to_string();
    let mut of_no_source = world.accepted("learner-1", &[]);
    of_no_source.event.set_source(InvitationSource::Unspecified);
    let mut of_nobody = world.accepted("learner-1", &[]);
    of_nobody.event.person = "somebody".to_owned();
    for accepted in [
        of_another_person,
        of_foreign_groups,
        of_an_unknown_invitation,
        of_no_source,
        of_nobody,
    ] {
        world.publish(accepted).await;
    }
    let parked = eventually_some(async || {
        let parked = world.parked().await;
        (parked.len() == 5).then_some(parked)
    })
    .await;
    assert!(parked.iter().all(|parked| parked.event.is_some()));
    assert_eq!((world.applied().await, world.all().await.len()), (0, 0));
}
