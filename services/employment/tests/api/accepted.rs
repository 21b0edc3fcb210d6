//! What follows from an accepted invitation.

use muster_identity::Role;
use muster_proto::employment::v1::EmploymentState;
use muster_proto::invitation::v1::Invitation;
use muster_testkit::{Who, acts};

use crate::world::{World, names, person_name};

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_invitation_by_hand_makes_a_verified_employment() {
    let world = World::start().await;
    let groups = [world.new_group().await, world.new_group().await];
    let location = world.new_location().await.to_string();
    let wanted = Invitation {
        address: "learner-1@example.com".to_owned(),
        groups: groups.iter().map(ToString::to_string).collect(),
        location: location.clone(),
        ..Default::default()
    };
    let owner = Who::member("owner", world.organization, Role::Owner);
    let invitation = acts::invite(&world.invitations, owner, world.organization, wanted).await;
    world.accept(invitation, "learner-1").await;

    let employment = world.employment_of("learner-1").await;
    assert_eq!(employment.state(), EmploymentState::Verified);
    assert_eq!(employment.person_display_name, "learner-1");
    assert_eq!(
        employment
            .groups
            .iter()
            .cloned()
            .collect::<std::collections::BTreeSet<_>>(),
        names(&groups)
    );
    assert_eq!(employment.location, location);
    assert_eq!(employment.source_invitation, invitation.to_string());
    assert!(employment.create_time.is_some() && employment.create_time == employment.verify_time);

    let [(sequence, event)] = world.told_of("learner-1").await.try_into().unwrap();
    assert_eq!((sequence, &event.employment), (1, &employment.name));
    assert_eq!(
        (&event.person, &event.groups),
        (&employment.person, &employment.groups)
    );
    assert_eq!(event.source_invitation, invitation.to_string());
    assert_eq!(event.state(), EmploymentState::Verified);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acceptance_that_nobody_vouches_for_waits_for_an_administrator_and_is_told_to_nobody() {
    let world = World::start().await;
    let group = world.new_group().await;
    let from_the_join_page = world.invite(&[group]).await;
    world.open_to_join_page().await;
    world.accept(from_the_join_page, "learner-1").await;
    let from_one_who_lost_the_role = world.invite_from("former-admin", Role::Admin, &[group]).await;
    world.accept(from_one_who_lost_the_role, "learner-2").await;
    world
        .service
        .database
        .execute("UPDATE employments SET state = 'ENDED' WHERE person_display_name = 'owner'")
        .await;
    let told = world.told_of("owner").await;
    let from_oneself = world.invite(&[group]).await;
    world.accept(from_oneself, "owner").await;

    for person in ["learner-1", "learner-2", "owner"] {
        let employment = world.employments_of(person).await.remove(0);
        assert_eq!(
            (employment.state(), employment.verify_time),
            (EmploymentState::PendingVerification, None),
            "{person}"
        );
        assert_eq!(employment.groups, [group.to_string()]);
    }
    for person in ["learner-1", "learner-2"] {
        assert_eq!(world.told_of(person).await, []);
    }
    assert_eq!(world.told_of("owner").await, told);
}

/// The employment is over when the event comes again: only the inbox keeps it from employing the person anew.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_event_twice_has_one_effect() {
    let world = World::start().await;
    let group = world.new_group().await;
    let invitation = world.invite(&[group]).await;
    world.accept(invitation, "learner-1").await;
    world
        .service
        .database
        .execute("UPDATE employments SET state = 'ENDED' WHERE person_display_name = 'learner-1'")
        .await;
    world.invitations.outbox().publish_all_again().await;
    world.invitations.outbox().drained().await;
    // Events of one aggregate are handled in order: when the last one is applied, the repeated one has been handled.
    let last = world.event(invitation, "learner-1", &[group]);
    let publisher = world.publisher_of("invitation").await;
    publisher
        .publish(world.organization, invitation.invitation.as_uuid(), 4, last)
        .await;
    world.wait_applied(2).await;
    let states = world.employments_of("learner-1").await;
    let states: Vec<_> = states.iter().map(|one| one.state()).collect();
    assert_eq!(states, [EmploymentState::Verified, EmploymentState::Ended]);
    let told = world.told_of("learner-1").await;
    assert_eq!(told.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_claim_is_verified_when_a_later_invitation_vouches() {
    let world = World::start().await;
    let (first, second) = (world.new_group().await, world.new_group().await);
    let claim = world.invite(&[first]).await;
    world.open_to_join_page().await;
    world.accept(claim, "learner-1").await;
    world.employ("learner-1", &[second]).await;

    let employment = world.employment_of("learner-1").await;
    assert_eq!(employment.state(), EmploymentState::Verified);
    assert_eq!(
        (employment.groups.len(), employment.source_invitation),
        (2, claim.to_string())
    );
    let [(sequence, event)] = world.told_of("learner-1").await.try_into().unwrap();
    assert_eq!((sequence, event.groups.len()), (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_further_invitation_adds_its_groups_and_one_without_news_tells_nothing() {
    let world = World::start().await;
    let (first, second) = (world.new_group().await, world.new_group().await);
    world.employ("learner-1", &[first]).await;
    let etag = world.employment_of("learner-1").await.etag;
    world.employ("learner-1", &[second]).await;
    world.employ("learner-1", &[first, second]).await;
    assert_ne!(world.employment_of("learner-1").await.etag, etag);
    let told = world.told_of("learner-1").await;
    let told: Vec<_> = told
        .into_iter()
        .map(|(sequence, event)| (sequence, event.groups.len()))
        .collect();
    assert_eq!(told, [(1, 1), (2, 2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unproven_acceptance_leaves_a_verified_employment_verified_and_adds_its_groups() {
    let world = World::start().await;
    world.employ_anywhere("learner-1").await;
    let own_asking = world.invite(&[world.new_group().await]).await;
    world.open_to_join_page().await;
    world.accept(own_asking, "learner-1").await;
    let employment = world.employment_of("learner-1").await;
    assert_eq!(
        (employment.state(), employment.groups.len()),
        (EmploymentState::Verified, 2)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_acceptances_at_once_make_one_employment_with_all_groups() {
    let mut world = World::start().await;
    world.service.leave().await;
    for _ in 0..16 {
        let invitation = world.invite(&[world.new_group().await]).await;
        acts::accept(&world.invitations, invitation, "learner-1").await;
    }
    world.invitations.outbox().drained().await;
    world.service.come_back().await;
    world.wait_applied(16).await;
    assert_eq!(world.employment_of("learner-1").await.groups.len(), 16);
    let told = world.told_of("learner-1").await;
    assert_eq!(
        told.iter().map(|(sequence, _)| *sequence).collect::<Vec<_>>(),
        (1..=16).collect::<Vec<_>>()
    );
    assert_eq!(told.last().unwrap().1.groups.len(), 16);
    assert!(world.parked().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acceptance_is_held_while_those_who_must_be_asked_are_away() {
    let mut world = World::start().await;
    let invitation = world.invite(&[world.new_group().await]).await;
    world.service.leave().await;
    acts::accept(&world.invitations, invitation, "learner-1").await;
    world.invitations.outbox().drained().await;
    world.invitations.leave().await;
    world.organizations.leave().await;
    world.service.come_back().await;

    world.invitations.missed(2).await;
    world.invitations.come_back().await;
    world.organizations.missed(2).await;
    assert_eq!(world.applied().await, 0);
    assert_eq!(world.employments_of("learner-1").await, []);
    world.organizations.come_back().await;
    world.wait_applied(1).await;
    let employment = world.employment_of("learner-1").await;
    assert_eq!(employment.state(), EmploymentState::Verified);
    assert_eq!(employment.person, person_name("learner-1").to_string());
}
