//! What follows from an accepted invitation.

use muster_identity::Role;
use muster_proto::employment::v1::EmploymentState;
use muster_proto::invitation::v1::Invitation;
use muster_testkit::{TestCaller, acts};

use crate::fixture::{Fixture, names, person_name};

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_invitation_by_hand_makes_a_verified_employment() {
    let fixture = Fixture::start().await;
    let groups = [fixture.new_group().await, fixture.new_group().await];
    let location = fixture.new_location().await.to_string();
    let wanted = Invitation {
        address: "learner-1@example.com".to_owned(),
        groups: groups.iter().map(ToString::to_string).collect(),
        location: location.clone(),
        ..Default::default()
    };
    let owner = TestCaller::member("owner", fixture.organization, Role::Owner);
    let invitation = acts::invite(&fixture.invitations, owner, fixture.organization, wanted).await;
    fixture.accept(invitation, "learner-1").await;

    let employment = fixture.employment_of("learner-1").await;
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

    let [(sequence, event)] = fixture.told_of("learner-1").await.try_into().unwrap();
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
    let fixture = Fixture::start().await;
    let group = fixture.new_group().await;
    let from_the_join_page = fixture.invite(&[group]).await;
    fixture.open_to_join_page().await;
    fixture.accept(from_the_join_page, "learner-1").await;
    let from_one_who_lost_the_role = fixture.invite_from("former-admin", Role::Admin, &[group]).await;
    fixture.accept(from_one_who_lost_the_role, "learner-2").await;
    fixture
        .service
        .database
        .execute("UPDATE employments SET state = 'ENDED' WHERE person_display_name = 'owner'")
        .await;
    let told = fixture.told_of("owner").await;
    let from_oneself = fixture.invite(&[group]).await;
    fixture.accept(from_oneself, "owner").await;

    for person in ["learner-1", "learner-2", "owner"] {
        let employment = fixture.employments_of(person).await.remove(0);
        assert_eq!(
            (employment.state(), employment.verify_time),
            (EmploymentState::PendingVerification, None),
            "{person}"
        );
        assert_eq!(employment.groups, [group.to_string()]);
    }
    for person in ["learner-1", "learner-2"] {
        assert_eq!(fixture.told_of(person).await, []);
    }
    assert_eq!(fixture.told_of("owner").await, told);
}

/// The employment is over when the event comes again: neither the same event nor another one of the same acceptance employs
/// the person anew.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_event_twice_has_one_effect() {
    let fixture = Fixture::start().await;
    let group = fixture.new_group().await;
    let invitation = fixture.invite(&[group]).await;
    fixture.accept(invitation, "learner-1").await;
    fixture
        .service
        .database
        .execute("UPDATE employments SET state = 'ENDED' WHERE person_display_name = 'learner-1'")
        .await;
    fixture.invitations.outbox().publish_all_again().await;
    fixture.invitations.outbox().drained().await;
    // Events of one aggregate are handled in order: when the last one is applied, the repeated one has been handled.
    let last = fixture.event(invitation, "learner-1", &[group]);
    let publisher = fixture.publisher_of("invitation").await;
    publisher
        .publish(fixture.organization, invitation.invitation.as_uuid(), 4, last)
        .await;
    fixture.wait_applied(2).await;
    let states = fixture.employments_of("learner-1").await;
    let states: Vec<_> = states.iter().map(|one| one.state()).collect();
    assert_eq!(states, [EmploymentState::Ended]);
    let told = fixture.told_of("learner-1").await;
    assert_eq!(told.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_claim_is_verified_when_a_later_invitation_vouches() {
    let fixture = Fixture::start().await;
    let (first, second) = (fixture.new_group().await, fixture.new_group().await);
    let claim = fixture.invite(&[first]).await;
    fixture.open_to_join_page().await;
    fixture.accept(claim, "learner-1").await;
    fixture.employ("learner-1", &[second]).await;

    let employment = fixture.employment_of("learner-1").await;
    assert_eq!(employment.state(), EmploymentState::Verified);
    assert_eq!(
        (employment.groups.len(), employment.source_invitation),
        (2, claim.to_string())
    );
    let [(sequence, event)] = fixture.told_of("learner-1").await.try_into().unwrap();
    assert_eq!((sequence, event.groups.len()), (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_further_invitation_adds_its_groups_and_one_without_news_tells_nothing() {
    let fixture = Fixture::start().await;
    let (first, second) = (fixture.new_group().await, fixture.new_group().await);
    fixture.employ("learner-1", &[first]).await;
    let etag = fixture.employment_of("learner-1").await.etag;
    fixture.employ("learner-1", &[second]).await;
    fixture.employ("learner-1", &[first, second]).await;
    assert_ne!(fixture.employment_of("learner-1").await.etag, etag);
    let told = fixture.told_of("learner-1").await;
    let told: Vec<_> = told
        .into_iter()
        .map(|(sequence, event)| (sequence, event.groups.len()))
        .collect();
    assert_eq!(told, [(1, 1), (2, 2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unproven_acceptance_leaves_a_verified_employment_verified_and_adds_its_groups() {
    let fixture = Fixture::start().await;
    fixture.employ_anywhere("learner-1").await;
    let own_asking = fixture.invite(&[fixture.new_group().await]).await;
    fixture.open_to_join_page().await;
    fixture.accept(own_asking, "learner-1").await;
    let employment = fixture.employment_of("learner-1").await;
    assert_eq!(
        (employment.state(), employment.groups.len()),
        (EmploymentState::Verified, 2)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_acceptances_at_once_make_one_employment_with_all_groups() {
    let mut fixture = Fixture::start().await;
    fixture.service.leave().await;
    for _ in 0..16 {
        let invitation = fixture.invite(&[fixture.new_group().await]).await;
        acts::accept(&fixture.invitations, invitation, "learner-1").await;
    }
    fixture.invitations.outbox().drained().await;
    fixture.service.come_back().await;
    fixture.wait_applied(16).await;
    assert_eq!(fixture.employment_of("learner-1").await.groups.len(), 16);
    let told = fixture.told_of("learner-1").await;
    assert_eq!(
        told.iter().map(|(sequence, _)| *sequence).collect::<Vec<_>>(),
        (1..=16).collect::<Vec<_>>()
    );
    assert_eq!(told.last().unwrap().1.groups.len(), 16);
    assert!(fixture.parked().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acceptance_is_held_while_those_who_must_be_asked_are_away() {
    let mut fixture = Fixture::start().await;
    let invitation = fixture.invite(&[fixture.new_group().await]).await;
    fixture.service.leave().await;
    acts::accept(&fixture.invitations, invitation, "learner-1").await;
    fixture.invitations.outbox().drained().await;
    fixture.invitations.leave().await;
    fixture.organizations.leave().await;
    fixture.service.come_back().await;

    fixture.invitations.missed(2).await;
    fixture.invitations.come_back().await;
    fixture.organizations.missed(2).await;
    assert_eq!(fixture.applied().await, 0);
    assert_eq!(fixture.employments_of("learner-1").await, []);
    fixture.organizations.come_back().await;
    fixture.wait_applied(1).await;
    let employment = fixture.employment_of("learner-1").await;
    assert_eq!(employment.state(), EmploymentState::Verified);
    assert_eq!(employment.person, person_name("learner-1").to_string());
}
