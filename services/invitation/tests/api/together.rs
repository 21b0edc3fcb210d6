//! Calls of one moment are done together, and each is answered as if it were alone.

use futures::future::join_all;
use muster_clock::Clock;
use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{CreateInvitationRequest, Invitation};
use tonic::Status;

use crate::fixture::{Fixture, reason};

const CALLS: i64 = 64;
/// Each transaction leaves its number in the rows that it writes.
const TRANSACTIONS: &str = "SELECT count(DISTINCT xmin::text) FROM invitations";

fn asked(fixture: &Fixture, address: &str) -> CreateInvitationRequest {
    CreateInvitationRequest {
        request_id: Clock::system().new_uuid().to_string(),
        ..fixture.create_request(fixture.wanted(address, &[&fixture.nurses]))
    }
}

async fn all(fixture: &Fixture, requests: &[CreateInvitationRequest]) -> Vec<Result<Invitation, Status>> {
    join_all(requests.iter().map(async |request| {
        let answer = fixture.invitations().create_invitation(request.clone()).await?;
        Ok(answer.into_inner().invitation.unwrap())
    }))
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_one_moment_are_few_transactions() {
    let fixture = Fixture::new().await;
    let requests: Vec<_> = (0..CALLS)
        .map(|n| asked(&fixture, &format!("n{n}@example.org")))
        .collect();
    let made: Vec<Invitation> = all(&fixture, &requests)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    for (request, made) in requests.iter().zip(&made) {
        assert_eq!(request.invitation.as_ref().unwrap().address, made.address);
        assert_eq!(made.groups, [fixture.group_name(&fixture.nurses)]);
    }
    for (what, sql) in [
        ("invitations", "SELECT count(*) FROM invitations"),
        ("groups", "SELECT count(*) FROM invitation_groups"),
        (
            "mails",
            "SELECT count(DISTINCT aggregate_id) FROM outbox WHERE event_type = 'mail.requested'",
        ),
        ("answers", "SELECT count(*) FROM idempotency"),
        ("counted", "SELECT sum(messages)::bigint FROM message_counts"),
    ] {
        assert_eq!(fixture.database.count(sql).await, CALLS, "{what}");
    }
    let transactions = fixture.database.count(TRANSACTIONS).await;
    assert!(transactions <= CALLS / 2, "{transactions} transactions");

    // A repetition is answered as the first was, also among others.
    let again: Vec<_> = all(&fixture, &requests)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(again, made);
    assert_eq!(
        fixture.database.count("SELECT count(*) FROM invitations").await,
        CALLS
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_the_way_of_one_is_told_to_it_alone() {
    let fixture = Fixture::new().await;
    let live = fixture
        .create("live@example.org", &[&fixture.aides])
        .await
        .unwrap();
    let done = asked(&fixture, "done@example.org");
    let first = all(&fixture, std::slice::from_ref(&done))
        .await
        .remove(0)
        .unwrap();
    for round in 0..8 {
        let same = asked(&fixture, &format!("same{round}@example.org"));
        let other = CreateInvitationRequest {
            request_id: done.request_id.clone(),
            ..asked(&fixture, &format!("other{round}@example.org"))
        };
        let requests = [
            asked(&fixture, &format!("a{round}@example.org")),
            // The same address by two calls, and one call twice.
            same.clone(),
            same.clone(),
            asked(&fixture, &format!("same{round}@example.org")),
            asked(&fixture, "live@example.org"),
            done.clone(),
            other,
            asked(&fixture, &format!("b{round}@example.org")),
        ];
        let mut answers = all(&fixture, &requests).await;
        assert_eq!(reason(answers.remove(6)), R::RequestIdReused);
        let answers: Vec<Invitation> = answers.into_iter().map(Result::unwrap).collect();
        let [a, one, twice, two, merged, repeated, b] = answers.try_into().unwrap();
        assert_eq!([&*one.name, &*two.name], [&*twice.name; 2]);
        assert_eq!((merged.name, merged.groups.len()), (live.name.clone(), 2));
        assert_eq!(repeated, first);
        assert!(a.address.starts_with('a') && b.address.starts_with('b'));
    }
    // Three in each round, and two before.
    for sql in [
        "SELECT count(*) FROM invitations",
        "SELECT count(*) FROM outbox WHERE event_type = 'mail.requested'",
        "SELECT sum(messages)::bigint FROM message_counts",
    ] {
        assert_eq!(fixture.database.count(sql).await, 3 * 8 + 2, "{sql}");
    }
}
