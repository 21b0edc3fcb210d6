//! Inviting several addresses by hand.

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{BatchCreateInvitationsRequest, CreateInvitationRequest, Invitation};
use muster_refusal::fields_of;
use muster_testkit::TestCaller;
use tonic::Status;

use crate::fixture::{Fixture, reason};

async fn batch(fixture: &Fixture, invitations: Vec<Invitation>) -> Result<Vec<Invitation>, Status> {
    let child = |invitation| CreateInvitationRequest {
        invitation: Some(invitation),
        ..Default::default()
    };
    let request = BatchCreateInvitationsRequest {
        parent: fixture.parent(),
        requests: invitations.into_iter().map(child).collect(),
        request_id: String::new(),
    };
    Ok(fixture
        .invitations()
        .batch_create_invitations(request)
        .await?
        .into_inner()
        .invitations)
}

fn many(fixture: &Fixture, count: usize) -> Vec<Invitation> {
    (0..count)
        .map(|number| fixture.wanted(&format!("learner{number}@example.org"), &[&fixture.nurses]))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_by_hand_pass_and_eleven_are_refused_whole() {
    let fixture = Fixture::new().await;
    let status = batch(&fixture, many(&fixture, 11)).await.unwrap_err();
    assert_eq!(muster_refusal::quota_of(&status), Some((11, 10)));
    assert_eq!(reason(Err::<(), _>(status)), R::TooManyInvitations);
    assert_eq!(
        fixture.database.count("SELECT count(*) FROM invitations").await,
        0
    );
    let made = batch(&fixture, many(&fixture, 10)).await.unwrap();
    let addresses: Vec<String> = made.into_iter().map(|invitation| invitation.address).collect();
    let asked: Vec<String> = many(&fixture, 10)
        .into_iter()
        .map(|invitation| invitation.address)
        .collect();
    assert_eq!(addresses, asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_all_or_nothing_and_tells_every_violation_of_every_child() {
    let fixture = Fixture::new().await;
    let mut invitations = many(&fixture, 4);
    invitations[1].address = "nobody".to_owned();
    invitations[3].groups = vec!["groups/x".to_owned()];
    let status = batch(&fixture, invitations).await.unwrap_err();
    let fields = fields_of(&status);
    assert_eq!(
        fields,
        [
            "requests[1].invitation.address",
            "requests[3].invitation.groups[0]"
        ]
    );
    assert_eq!(
        fixture.database.count("SELECT count(*) FROM invitations").await,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn active_learners_in_a_batch_are_all_named_and_nothing_is_stored() {
    let fixture = Fixture::new().await;
    for name in ["ada", "eve"] {
        let made = fixture
            .create(&format!("{name}@example.com"), &[&fixture.nurses])
            .await
            .unwrap();
        fixture
            .accept(TestCaller::person(name), &fixture.token(&made.name).await)
            .await
            .unwrap();
    }
    let mut invitations = many(&fixture, 4);
    invitations[0].address = "eve@example.com".to_owned();
    invitations[2].address = "ada@example.com".to_owned();
    let status = batch(&fixture, invitations).await.unwrap_err();
    let fields = fields_of(&status);
    assert_eq!(
        fields,
        ["requests[0].invitation.address", "requests[2].invitation.address"]
    );
    assert_eq!(reason(Err::<(), _>(status)), R::LearnerAlreadyActive);
    assert_eq!(
        fixture.database.count("SELECT count(*) FROM invitations").await,
        2
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_twice_in_a_batch_is_one_invitation() {
    let fixture = Fixture::new().await;
    let wanted = vec![
        fixture.wanted("ada@example.org", &[&fixture.nurses]),
        fixture.wanted("ADA@example.org", &[&fixture.aides]),
    ];
    let made = batch(&fixture, wanted).await.unwrap();
    let there = fixture.get(&made[0].name).await.unwrap();
    assert_eq!(there.groups.len(), 2);
    assert_eq!(
        made,
        [there.clone(), there],
        "both are answered as it is in the end"
    );
    assert_eq!(fixture.database.count("SELECT count(*) FROM outbox").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_of_another_parent_is_refused() {
    let fixture = Fixture::new().await;
    let mut child = fixture.create_request(fixture.wanted("ada@example.org", &[&fixture.nurses]));
    child.parent = "organizations/0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88".to_owned();
    let request = BatchCreateInvitationsRequest {
        parent: fixture.parent(),
        requests: vec![child],
        request_id: String::new(),
    };
    assert_eq!(
        reason(fixture.invitations().batch_create_invitations(request).await),
        R::InvalidRequest
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_that_cross_do_not_wait_for_each_other_in_a_circle() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let forward = many(&fixture, 10);
    let backward: Vec<Invitation> = forward.iter().cloned().rev().collect();
    let calls = (0..16).map(|call| {
        let wanted = if call % 2 == 0 {
            forward.clone()
        } else {
            backward.clone()
        };
        let child = |invitation| CreateInvitationRequest {
            invitation: Some(invitation),
            ..Default::default()
        };
        let requests = wanted.into_iter().map(child).collect();
        let request = BatchCreateInvitationsRequest {
            parent: fixture.parent(),
            requests,
            request_id: String::new(),
        };
        let mut client = fixture.invitations();
        tokio::spawn(async move { client.batch_create_invitations(request).await })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    assert_eq!(
        fixture.database.count("SELECT count(*) FROM invitations").await,
        10
    );
}
