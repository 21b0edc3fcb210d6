//! Inviting one address.

use std::collections::HashSet;

use muster_identity::Role;
use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{
    DeliveryState, InvitationSource, InvitationState, ListInvitationsRequest,
};
use muster_refusal::violations_of;
use muster_server::convert::timestamp;
use muster_testkit::Who;
use time::Duration;

use crate::world::{Group, World, reason};

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_made_with_its_event_in_one_transaction() {
    let world = World::new().await;
    let mut wanted = world.wanted("Ada.Lovelace@Example.org", &[&world.nurses]);
    wanted.location = world.location.clone();
    let made = world.create_this(wanted).await.unwrap();
    assert_eq!(made.state(), InvitationState::Prospect);
    assert_eq!(made.delivery_state(), DeliveryState::Queued);
    assert_eq!(made.source(), InvitationSource::Manual);
    assert_eq!(made.address, "Ada.Lovelace@Example.org");
    assert_eq!(made.location, world.location);
    assert_eq!(
        made.expire_time,
        Some(timestamp(world.clock.now() + Duration::days(30)))
    );
    assert_eq!(made.person_display_name, "");
    assert_eq!(world.get(&made.name).await.unwrap(), made);
    let events = "SELECT count(*) FROM outbox WHERE event_type = 'mail.requested' AND aggregate_seq = 1";
    assert_eq!(world.database.count(events).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_invitation_is_answered_with_groups_merged_and_no_second_mail() {
    let world = World::new().await;
    let first = world.create("ada@example.org", &[&world.nurses]).await.unwrap();
    let again = world.create("ADA@Example.ORG", &[&world.nurses]).await.unwrap();
    assert_eq!(first, again);
    let merged = world.create("ada@example.org", &[&world.aides]).await.unwrap();
    assert_eq!(merged.name, first.name);
    assert_eq!(merged.groups.len(), 2);
    assert_ne!(merged.etag, first.etag);
    assert_eq!(world.database.count("SELECT count(*) FROM outbox").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_invitations_of_one_address_make_one_row() {
    let world = World::new().await;
    let mut groups = Vec::new();
    for number in 0..8 {
        groups.push(world.group(&format!("Group {number}")).await);
    }
    for round in 0..4 {
        let address = format!("ada{round}@example.org");
        let calls = (0..32).map(|call| {
            let spelled = if call % 2 == 0 {
                address.clone()
            } else {
                address.to_uppercase()
            };
            let wanted = world.wanted(&spelled, &[&groups[call % 8]]);
            let (mut client, request) = (world.invitations(), world.create_request(wanted));
            tokio::spawn(async move { client.create_invitation(request).await })
        });
        let mut names = HashSet::new();
        for call in calls.collect::<Vec<_>>() {
            let answer = call.await.unwrap().unwrap().into_inner();
            names.insert(answer.invitation.unwrap().name);
        }
        assert_eq!(names.len(), 1);
        let name = names.into_iter().next().unwrap();
        assert_eq!(world.get(&name).await.unwrap().groups.len(), 8);
    }
    assert_eq!(world.database.count("SELECT count(*) FROM invitations").await, 4);
    assert_eq!(world.database.count("SELECT count(*) FROM outbox").await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_invitation_makes_room_and_stays_listed() {
    let world = World::new().await;
    let old = world.create("ada@example.org", &[&world.nurses]).await.unwrap();
    world
        .database
        .execute("UPDATE invitations SET expire_time = create_time")
        .await;
    assert_eq!(
        world.get(&old.name).await.unwrap().state(),
        InvitationState::Expired
    );
    let new = world.create("ada@example.org", &[&world.nurses]).await.unwrap();
    assert_ne!(new.name, old.name);
    assert_eq!(
        world.get(&old.name).await.unwrap().state(),
        InvitationState::Expired
    );
    assert_eq!(
        world.get(&new.name).await.unwrap().state(),
        InvitationState::Prospect
    );
    let listed = ListInvitationsRequest {
        parent: world.parent(),
        ..Default::default()
    };
    let listed = world.invitations().list_invitations(listed).await.unwrap();
    let names: Vec<String> = listed
        .into_inner()
        .invitations
        .into_iter()
        .map(|it| it.name)
        .collect();
    assert_eq!(names, [new.name, old.name], "both, the newest first");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_or_cancelled_one_makes_room_for_a_new_row() {
    let world = World::new().await;
    let old = world.create("ada@example.org", &[&world.nurses]).await.unwrap();
    for statement in [
        "UPDATE invitations SET state = 'DECLINED'",
        "UPDATE invitations SET state = 'CANCELLED'",
    ] {
        world.database.execute(statement).await;
        let new = world.create("ada@example.org", &[&world.nurses]).await.unwrap();
        assert_ne!(new.name, old.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_active_learner_is_not_invited_again() {
    let world = World::new().await;
    let made = world.create("ada@example.com", &[&world.nurses]).await.unwrap();
    world
        .accept(Who::person("ada"), &world.token(&made.name).await)
        .await
        .unwrap();
    let refused = world.create("Ada@example.com", &[&world.aides]).await;
    assert_eq!(reason(refused), R::LearnerAlreadyActive);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_violation_of_the_fields_is_told_at_once() {
    let world = World::new().await;
    let mut wanted = world.wanted("not an address", &[&world.nurses]);
    wanted.groups.push("groups/1".to_owned());
    wanted.location = "somewhere".to_owned();
    wanted.send_time = Some(timestamp(world.clock.now() + Duration::days(91)));
    let status = world.create_this(wanted).await.unwrap_err();
    assert_eq!(muster_refusal::reason_of(&status), Some(R::InvalidRequest));
    let fields: Vec<String> = violations_of(&status)
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    let expected = [
        "invitation.address",
        "invitation.groups[1]",
        "invitation.location",
        "invitation.send_time",
    ];
    assert_eq!(fields, expected);
    assert!(!status.message().contains("not an address"));
    assert_eq!(world.database.count("SELECT count(*) FROM invitations").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_needs_a_group() {
    let world = World::new().await;
    assert_eq!(
        reason(world.create("ada@example.org", &[]).await),
        R::InvalidRequest
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_and_foreign_groups_and_locations_are_refused_alike() {
    let mut world = World::new().await;
    let location = world.location.clone();
    let nobodys = Group {
        id: location.rsplit('/').next().unwrap().parse().unwrap(),
    };
    let own = world.organization;
    world.organization = world.new_organization("somebody").await;
    let theirs = world.group("Nurses").await;
    let their_name = world.group_name(&theirs);
    world.organization = own;
    let unknown = world
        .create("ada@example.org", &[&world.nurses, &nobodys])
        .await
        .unwrap_err();
    let foreign = world
        .create("ada@example.org", &[&world.nurses, &theirs])
        .await
        .unwrap_err();
    let mut wanted = world.wanted("ada@example.org", &[&world.nurses]);
    wanted.groups.push(their_name);
    let named = world.create_this(wanted.clone()).await.unwrap_err();
    for status in [&unknown, &foreign, &named] {
        assert_eq!(muster_refusal::reason_of(status), Some(R::GroupUnknown));
        assert_eq!(violations_of(status)[0].0, "invitation.groups[1]");
        assert_eq!(status.details(), unknown.details(), "byte for byte");
    }
    wanted.groups.pop();
    wanted.location = format!("{}/locations/{}", world.parent(), world.nurses.id);
    let place = world.create_this(wanted.clone()).await.unwrap_err();
    assert_eq!(violations_of(&place)[0].0, "invitation.location");
    assert_eq!(reason(Err::<(), _>(place)), R::GroupUnknown);
    wanted.location = location;
    assert!(world.create_this(wanted).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inactive_group_is_refused() {
    let world = World::new().await;
    world
        .profile_sql("UPDATE groups SET state = 'INACTIVE' WHERE display_name = 'Nurses'")
        .await;
    let status = world
        .create("ada@example.org", &[&world.aides, &world.nurses])
        .await
        .unwrap_err();
    assert_eq!(violations_of(&status)[0].0, "invitation.groups[1]");
    assert_eq!(reason(Err::<(), _>(status)), R::GroupInactive);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_active_organization_invites() {
    let world = World::new().await;
    world
        .profile_sql("UPDATE organizations SET state = 'SUSPENDED'")
        .await;
    assert_eq!(
        reason(world.create("ada@example.org", &[&world.nurses]).await),
        R::OrganizationNotActive
    );
    assert_eq!(world.database.count("SELECT count(*) FROM invitations").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_messages_of_a_day_are_limited_by_the_plan() {
    let world = World::new().await;
    world.subscribe(500, 3).await;
    for number in 0..3 {
        world
            .create(&format!("learner{number}@example.org"), &[&world.nurses])
            .await
            .unwrap();
    }
    let status = world
        .create("learner4@example.org", &[&world.nurses])
        .await
        .unwrap_err();
    assert_eq!(muster_refusal::quota_of(&status), Some((3, 3)));
    assert_eq!(reason(Err::<(), _>(status)), R::PlanLimitExceeded);
    assert!(
        world
            .create("learner1@example.org", &[&world.aides])
            .await
            .is_ok(),
        "a merge sends no mail"
    );
    assert_eq!(world.database.count("SELECT count(*) FROM invitations").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_gets_the_same_answer_and_another_one_is_refused() {
    let world = World::new().await;
    let mut request = world.create_request(world.wanted("ada@example.org", &[&world.nurses]));
    request.request_id = "0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88".to_owned();
    let first = world
        .invitations()
        .create_invitation(request.clone())
        .await
        .unwrap()
        .into_inner();
    world
        .profile_sql("UPDATE organizations SET state = 'SUSPENDED'")
        .await;
    let again = world
        .invitations()
        .create_invitation(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, again, "whatever has become of the organization");
    request.invitation.as_mut().unwrap().address = "eve@example.org".to_owned();
    assert_eq!(
        reason(world.invitations().create_invitation(request).await),
        R::RequestIdReused
    );
    assert_eq!(world.database.count("SELECT count(*) FROM invitations").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_decides_the_organization_not_the_request() {
    let world = World::new().await;
    let other = world.new_organization("somebody").await;
    let outsider = Who::member("somebody", other, Role::Owner);
    let mut client = InvitationServiceClient::new(world.as_who(outsider));
    let request = world.create_request(world.wanted("ada@example.org", &[&world.nurses]));
    assert_eq!(
        reason(client.create_invitation(request.clone()).await),
        R::PermissionDenied
    );
    let mut nobody = InvitationServiceClient::new(world.as_who(Who::Nobody));
    assert_eq!(reason(nobody.create_invitation(request).await), R::TokenMissing);
}
