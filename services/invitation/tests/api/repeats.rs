//! What a second call is answered.

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{CreateInvitationRequest, ListInvitationsRequest};
use tonic::Status;

use crate::fixture::{Fixture, reason};
use crate::upload::{approve, good, messages, send, upload};

const REQUEST_ID: &str = "0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88";

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_upload_gets_its_first_answer_whatever_has_become_of_the_organization() {
    let fixture = Fixture::new().await;
    fixture.subscribe(10, 10_000).await;
    let with_id = |file: &[u8]| {
        let mut sent = messages(&fixture, file);
        REQUEST_ID.clone_into(&mut sent[0].request_id);
        sent
    };
    let import = send(&fixture, with_id(&good(3))).await.unwrap();
    fixture.subscribe(2, 10_000).await;
    assert_eq!(
        send(&fixture, with_id(&good(3))).await.unwrap(),
        import,
        "a smaller plan"
    );
    fixture.profile_sql("DELETE FROM subscriptions").await;
    assert_eq!(
        send(&fixture, with_id(&good(3))).await.unwrap(),
        import,
        "no plan"
    );
    fixture
        .profile_sql("UPDATE organizations SET state = 'SUSPENDED'")
        .await;
    assert_eq!(
        send(&fixture, with_id(&good(3))).await.unwrap(),
        import,
        "no active organization"
    );
    assert_eq!(
        reason(send(&fixture, with_id(&good(4))).await),
        R::RequestIdReused
    );
    assert_eq!(reason(upload(&fixture, &good(3)).await), R::OrganizationNotActive);
}

/// The organization is asked at the same moment; what it says is not waited for where there is an answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_invitation_gets_its_first_answer_whatever_has_become_of_the_organization() {
    let fixture = Fixture::new().await;
    let asked = |address: &str, request_id: &str| CreateInvitationRequest {
        request_id: request_id.to_owned(),
        ..fixture.create_request(fixture.wanted(address, &[&fixture.nurses]))
    };
    let invite = async |request: CreateInvitationRequest| {
        let answer = fixture.invitations().create_invitation(request).await?;
        Ok::<_, Status>(answer.into_inner())
    };
    let first = invite(asked("ada@example.org", REQUEST_ID)).await.unwrap();
    fixture
        .profile_sql("UPDATE organizations SET state = 'SUSPENDED'")
        .await;
    assert_eq!(invite(asked("ada@example.org", REQUEST_ID)).await.unwrap(), first);
    assert_eq!(
        reason(invite(asked("bob@example.org", REQUEST_ID)).await),
        R::RequestIdReused
    );
    assert_eq!(
        reason(invite(asked("bob@example.org", "")).await),
        R::OrganizationNotActive
    );
    assert_eq!(
        fixture.database.count("SELECT count(*) FROM invitations").await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_preview_is_told_as_such_also_when_it_cannot_be_made_again() {
    let fixture = Fixture::new().await;
    fixture.subscribe(10, 10_000).await;
    let import = upload(&fixture, &good(3)).await.unwrap();
    fixture.group("Cooks").await;
    // What the second look would write is refused by the database.
    fixture
        .database
        .execute("ALTER TABLE imports ADD CONSTRAINT never CHECK (state <> 'UPLOADED')")
        .await;
    assert_eq!(reason(approve(&fixture, &import).await), R::ImportPreviewStale);
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_come_with_the_first_page() {
    let fixture = Fixture::new().await;
    for number in 0..3 {
        fixture
            .create(&format!("l{number}@example.org"), &[&fixture.nurses])
            .await
            .unwrap();
    }
    let request = ListInvitationsRequest {
        parent: fixture.parent(),
        page_size: 2,
        ..Default::default()
    };
    let first = fixture
        .invitations()
        .list_invitations(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (first.invitations.len(), first.counts.len(), first.counts[0].count),
        (2, 1, 3)
    );
    let request = ListInvitationsRequest {
        page_token: first.next_page_token,
        ..request
    };
    let second = fixture
        .invitations()
        .list_invitations(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!((second.invitations.len(), second.counts.len()), (1, 0));
}
