//! Inviting one address.

use std::collections::HashSet;

use muster_identity::Role;
use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{
    BatchCreateInvitationsRequest, DeliveryState, InvitationSource, InvitationState, ListInvitationsRequest,
};
use muster_refusal::{fields_of, violations_of};
use muster_server::convert::timestamp;
use muster_testkit::TestCaller;
use time::Duration;

use crate::fixture::{Fixture, Group, reason};

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_made_with_its_event_in_one_transaction() {
    let fixture = Fixture::new().await;
    let mut wanted = fixture.wanted("Ada.Lovelace@Example.org", &[&fixture.nurses]);
    wanted.location = fixture.location.clone();
    let made = fixture.create_this(wanted).await.unwrap();
    assert_eq!(made.state(), InvitationState::Prospect);
    assert_eq!(made.delivery_state(), DeliveryState::Queued);
    assert_eq!(made.source(), InvitationSource::Manual);
    assert_eq!(made.address, "Ada.Lovelace@Example.org");
    assert_eq!(made.location, fixture.location);
    assert_eq!(
        made.expire_time,
        Some(timestamp(fixture.clock.now() + Duration::days(30)))
    );
    assert_eq!(made.person_display_name, "");
    assert_eq!(fixture.get(&made.name).await.unwrap(), made);
    let events = "SELECT count(*) FROM outbox WHERE event_type = 'mail.requested' AND aggregate_seq = 1";
    assert_eq!(fixture.database.count(events).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_invitation_is_answered_with_groups_merged_and_no_second_mail() {
    let fixture = Fixture::new().await;
    let first = fixture
        .create("ada@example.org", &[&fixture.nurses])
        .await
        .unwrap();
    let again = fixture
        .create("ADA@Example.ORG", &[&fixture.nurses])
        .await
        .unwrap();
    assert_eq!(first, again);
    let merged = fixture
        .create("ada@example.org", &[&fixture.aides])
        .await
        .unwrap();
    assert_eq!(merged.name, first.name);
    assert_eq!(merged.groups.len(), 2);
    assert_ne!(merged.etag, first.etag);
    assert_eq!(fixture.database.count("SELECT count(*) FROM outbox").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_invitations_of_one_address_make_one_row() {
    let fixture = Fixture::new().await;
    let mut groups = Vec::new();
    for number in 0..8 {
        groups.push(fixture.group(&format!("Group {number}")).await);
    }
    for round in 0..4 {
        let address = format!("ada{round}@example.org");
        let calls = (0..32).map(|call| {
            let spelled = if call % 2 == 0 {
                address.clone()
            } else {
                address.to_uppercase()
            };
            let wanted = fixture.wanted(&spelled, &[&groups[call % 8]]);
            let (mut client, request) = (fixture.invitations(), fixture.create_request(wanted));
            tokio::spawn(async move { client.create_invitation(request).await })
        });
        let mut names = HashSet::new();
        for call in calls.collect::<Vec<_>>() {
            let answer = call.await.unwrap().unwrap().into_inner();
            names.insert(answer.invitation.unwrap().name);
        }
        assert_eq!(names.len(), 1);
        let name = names.into_iter().next().unwrap();
        assert_eq!(fixture.get(&name).await.unwrap().groups.len(), 8);
    }
    assert_eq!(
        fixture.database.count("SELECT count(*) FROM invitations").await,
        4
    );
    assert_eq!(fixture.database.count("SELECT count(*) FROM outbox").await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_invitation_makes_room_and_stays_listed() {
    let fixture = Fixture::new().await;
    let old = fixture
        .create("ada@example.org", &[&fixture.nurses])
        .await
        .unwrap();
    fixture
        .database
        .execute("UPDATE invitations SET expire_time = create_time")
        .await;
    assert_eq!(
        fixture.get(&old.name).await.unwrap().state(),
        InvitationState::Expired
    );
    let new = fixture
        .create("ada@example.org", &[&fixture.nurses])
        .await
        .unwrap();
    assert_ne!(new.name, old.name);
    assert_eq!(
        fixture.get(&old.name).await.unwrap().state(),
        InvitationState::Expired
    );
    assert_eq!(
        fixture.get(&new.name).await.unwrap().state(),
        InvitationState::Prospect
    );
    let listed = ListInvitationsRequest {
        parent: fixture.parent(),
        ..Default::default()
    };
    let listed = fixture.invitations().list_invitations(listed).await.unwrap();
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
    let fixture = Fixture::new().await;
    let old = fixture
        .create("ada@example.org", &[&fixture.nurses])
        .await
        .unwrap();
    for statement in [
        "UPDATE invitations SET state = 'DECLINED', state_before_decline = 'PENDING', decline_time = send_time",
        "UPDATE invitations SET state = 'CANCELLED', state_before_decline = NULL, decline_time = NULL",
    ] {
        fixture.database.execute(statement).await;
        let new = fixture
            .create("ada@example.org", &[&fixture.nurses])
            .await
            .unwrap();
        assert_ne!(new.name, old.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_active_learner_is_not_invited_again() {
    let fixture = Fixture::new().await;
    let made = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    fixture
        .accept(TestCaller::person("ada"), &fixture.token(&made.name).await)
        .await
        .unwrap();
    let refused = fixture.create("Ada@example.com", &[&fixture.aides]).await;
    assert_eq!(reason(refused), R::LearnerAlreadyActive);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_violation_of_the_fields_is_told_at_once() {
    let fixture = Fixture::new().await;
    let mut wanted = fixture.wanted("not an address", &[&fixture.nurses]);
    wanted.groups.push("groups/1".to_owned());
    wanted.location = "somewhere".to_owned();
    wanted.send_time = Some(timestamp(fixture.clock.now() + Duration::days(91)));
    let status = fixture.create_this(wanted).await.unwrap_err();
    assert_eq!(muster_refusal::reason_of(&status), Some(R::InvalidRequest));
    let fields = fields_of(&status);
    let expected = [
        "invitation.address",
        "invitation.groups[1]",
        "invitation.location",
        "invitation.send_time",
    ];
    assert_eq!(fields, expected);
    assert!(!status.message().contains("not an address"));
    assert_eq!(
        fixture.database.count("SELECT count(*) FROM invitations").await,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_needs_a_group() {
    let fixture = Fixture::new().await;
    assert_eq!(
        reason(fixture.create("ada@example.org", &[]).await),
        R::InvalidRequest
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_and_foreign_groups_and_locations_are_refused_alike() {
    let mut fixture = Fixture::new().await;
    let location = fixture.location.clone();
    let nobodys = Group {
        id: location.rsplit('/').next().unwrap().parse().unwrap(),
    };
    let own = fixture.organization;
    fixture.organization = fixture.new_organization("somebody").await;
    let theirs = fixture.group("Nurses").await;
    let their_name = fixture.group_name(&theirs);
    fixture.organization = own;
    let unknown = fixture
        .create("ada@example.org", &[&fixture.nurses, &nobodys])
        .await
        .unwrap_err();
    let foreign = fixture
        .create("ada@example.org", &[&fixture.nurses, &theirs])
        .await
        .unwrap_err();
    let mut wanted = fixture.wanted("ada@example.org", &[&fixture.nurses]);
    wanted.groups.push(their_name);
    let named = fixture.create_this(wanted.clone()).await.unwrap_err();
    for status in [&unknown, &foreign, &named] {
        assert_eq!(muster_refusal::reason_of(status), Some(R::GroupUnknown));
        assert_eq!(violations_of(status)[0].0, "invitation.groups[1]");
        assert_eq!(status.details(), unknown.details(), "byte for byte");
    }
    wanted.groups.pop();
    wanted.location = format!("{}/locations/{}", fixture.parent(), fixture.nurses.id);
    let place = fixture.create_this(wanted.clone()).await.unwrap_err();
    assert_eq!(violations_of(&place)[0].0, "invitation.location");
    assert_eq!(reason(Err::<(), _>(place)), R::GroupUnknown);
    wanted.location = location;
    assert!(fixture.create_this(wanted).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inactive_group_is_refused() {
    let fixture = Fixture::new().await;
    fixture
        .profile_sql("UPDATE groups SET state = 'INACTIVE' WHERE display_name = 'Nurses'")
        .await;
    let status = fixture
        .create("ada@example.org", &[&fixture.aides, &fixture.nurses])
        .await
        .unwrap_err();
    assert_eq!(violations_of(&status)[0].0, "invitation.groups[1]");
    assert_eq!(reason(Err::<(), _>(status)), R::GroupInactive);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inactive_location_is_refused() {
    let fixture = Fixture::new().await;
    fixture
        .profile_sql("UPDATE locations SET state = 'INACTIVE'")
        .await;
    let mut wanted = fixture.wanted("ada@example.org", &[&fixture.nurses]);
    wanted.location = fixture.location.clone();
    let status = fixture.create_this(wanted.clone()).await.unwrap_err();
    assert_eq!(violations_of(&status)[0].0, "invitation.location");
    assert_eq!(reason(Err::<(), _>(status)), R::LocationInactive);
    let batch = BatchCreateInvitationsRequest {
        parent: fixture.parent(),
        requests: vec![
            fixture.create_request(fixture.wanted("bob@example.org", &[&fixture.nurses])),
            fixture.create_request(wanted.clone()),
        ],
        request_id: String::new(),
    };
    let status = fixture
        .invitations()
        .batch_create_invitations(batch)
        .await
        .unwrap_err();
    assert_eq!(violations_of(&status)[0].0, "requests[1].invitation.location");
    assert_eq!(reason(Err::<(), _>(status)), R::LocationInactive);
    let stored = "SELECT count(*) FROM invitations";
    assert_eq!(fixture.database.count(stored).await, 0);
    fixture.profile_sql("UPDATE locations SET state = 'ACTIVE'").await;
    fixture.create_this(wanted).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_active_organization_invites() {
    let fixture = Fixture::new().await;
    fixture
        .profile_sql("UPDATE organizations SET state = 'SUSPENDED'")
        .await;
    assert_eq!(
        reason(fixture.create("ada@example.org", &[&fixture.nurses]).await),
        R::OrganizationNotActive
    );
    assert_eq!(
        fixture.database.count("SELECT count(*) FROM invitations").await,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_messages_of_a_day_are_limited_by_the_plan() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 3).await;
    for number in 0..3 {
        fixture
            .create(&format!("learner{number}@example.org"), &[&fixture.nurses])
            .await
            .unwrap();
    }
    let status = fixture
        .create("learner4@example.org", &[&fixture.nurses])
        .await
        .unwrap_err();
    assert_eq!(muster_refusal::quota_of(&status), Some((3, 3)));
    assert_eq!(reason(Err::<(), _>(status)), R::PlanLimitExceeded);
    assert!(
        fixture
            .create("learner1@example.org", &[&fixture.aides])
            .await
            .is_ok(),
        "a merge sends no mail"
    );
    assert_eq!(
        fixture.database.count("SELECT count(*) FROM invitations").await,
        3
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_gets_the_same_answer_and_another_one_is_refused() {
    let fixture = Fixture::new().await;
    let mut request = fixture.create_request(fixture.wanted("ada@example.org", &[&fixture.nurses]));
    request.request_id = "0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88".to_owned();
    let first = fixture
        .invitations()
        .create_invitation(request.clone())
        .await
        .unwrap()
        .into_inner();
    fixture
        .profile_sql("UPDATE organizations SET state = 'SUSPENDED'")
        .await;
    let again = fixture
        .invitations()
        .create_invitation(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, again, "whatever has become of the organization");
    request.invitation.as_mut().unwrap().address = "eve@example.org".to_owned();
    assert_eq!(
        reason(fixture.invitations().create_invitation(request).await),
        R::RequestIdReused
    );
    assert_eq!(
        fixture.database.count("SELECT count(*) FROM invitations").await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_decides_the_organization_not_the_request() {
    let fixture = Fixture::new().await;
    let other = fixture.new_organization("somebody").await;
    let outsider = TestCaller::member("somebody", other, Role::Owner);
    let mut client = InvitationServiceClient::new(fixture.as_who(outsider));
    let request = fixture.create_request(fixture.wanted("ada@example.org", &[&fixture.nurses]));
    assert_eq!(
        reason(client.create_invitation(request.clone()).await),
        R::PermissionDenied
    );
    let mut nobody = InvitationServiceClient::new(fixture.as_who(TestCaller::Nobody));
    assert_eq!(reason(nobody.create_invitation(request).await), R::TokenMissing);
}
