//! The messages of a day: in which order, how many, and that nobody waits for anybody in a circle.

use std::time::Duration;

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{BatchCreateInvitationsRequest, CreateInvitationRequest, Invitation};
use muster_server::convert::timestamp;
use tonic::Status;

use crate::fixture::{Fixture, Impatient, reason};

const HOUR: Duration = Duration::from_secs(3600);

fn scheduled(fixture: &Fixture, address: &str, after: Duration) -> Invitation {
    let mut wanted = fixture.wanted(address, &[&fixture.nurses]);
    wanted.send_time = Some(timestamp(fixture.clock.now() + after));
    wanted
}

fn batch(fixture: &Fixture, invitations: Vec<Invitation>) -> BatchCreateInvitationsRequest {
    let child = |invitation| CreateInvitationRequest {
        invitation: Some(invitation),
        ..Default::default()
    };
    BatchCreateInvitationsRequest {
        parent: fixture.parent(),
        requests: invitations.into_iter().map(child).collect(),
        request_id: String::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_24_hours_hold_more_messages_than_the_plan_allows_whatever_was_scheduled_first() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 4).await;
    for number in 0..3 {
        let later = scheduled(&fixture, &format!("later{number}@example.org"), 23 * HOUR);
        fixture.create_this(later).await.unwrap();
    }
    fixture
        .create("first@example.org", &[&fixture.nurses])
        .await
        .unwrap();
    let status = fixture
        .create("second@example.org", &[&fixture.nurses])
        .await
        .unwrap_err();
    assert_eq!(
        muster_refusal::quota_of(&status),
        Some((4, 4)),
        "one now, three in 23 hours"
    );
    assert_eq!(reason(Err::<(), _>(status)), R::PlanLimitExceeded);
    let between = scheduled(&fixture, "second@example.org", 12 * HOUR);
    assert_eq!(reason(fixture.create_this(between).await), R::PlanLimitExceeded);
    // Two other days, of which neither is full: the 24 hours of the first message, and those after the last.
    let after = scheduled(&fixture, "second@example.org", 47 * HOUR);
    fixture.create_this(after).await.unwrap();
    let with_three = scheduled(&fixture, "third@example.org", 24 * HOUR);
    fixture.create_this(with_three).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_counted_by_the_hours_it_is_due_in() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 4).await;
    let wanted = |count: u32| {
        let address = |number| format!("l{number}@example.org");
        (0..count)
            .map(|number| scheduled(&fixture, &address(number), number * 2 * HOUR))
            .collect()
    };
    let refused = fixture
        .invitations()
        .batch_create_invitations(batch(&fixture, wanted(5)))
        .await;
    assert_eq!(reason(refused), R::PlanLimitExceeded);
    assert_eq!(
        fixture
            .database
            .count("SELECT count(*) FROM message_counts")
            .await,
        0
    );
    fixture
        .invitations()
        .batch_create_invitations(batch(&fixture, wanted(4)))
        .await
        .unwrap();
    let hours = "SELECT count(*) FROM message_counts WHERE messages = 1";
    assert_eq!(fixture.database.count(hours).await, 4);
    let slots = "SELECT count(DISTINCT slot) FROM message_counts";
    assert_eq!(
        fixture.database.count(slots).await,
        1,
        "one for the whole transaction"
    );
}

async fn call(
    mut client: InvitationServiceClient<Impatient>,
    request: BatchCreateInvitationsRequest,
) -> Result<(), Status> {
    client.batch_create_invitations(request).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_of_one_organization_never_deadlock() {
    const CONCURRENCY: usize = 6;
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 100_000).await;
    let client = InvitationServiceClient::new(fixture.impatient(fixture.owner()));
    for round in 0..15 {
        let calls = (0..CONCURRENCY).map(|number| {
            let wanted = (0_u32..10).map(|row| {
                // Some of them later, the hours in another order than the addresses.
                let after = HOUR * ((row * 7) % 3);
                scheduled(&fixture, &format!("l{round}-{number}-{row}@example.org"), after)
            });
            tokio::spawn(call(client.clone(), batch(&fixture, wanted.collect())))
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.unwrap().unwrap();
        }
    }
    let sum = "SELECT sum(messages)::bigint FROM message_counts";
    assert_eq!(fixture.database.count(sum).await, 15 * 6 * 10);
}
