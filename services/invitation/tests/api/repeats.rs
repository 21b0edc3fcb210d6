//! What a second call is answered.

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::ListInvitationsRequest;

use crate::upload::{approve, good, messages, send, upload};
use crate::world::{World, reason};

const REQUEST_ID: &str = "0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88";

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_upload_gets_its_first_answer_whatever_has_become_of_the_organization() {
    let world = World::new().await;
    world.subscribe(10, 10_000).await;
    let with_id = |file: &[u8]| {
        let mut sent = messages(&world, file);
        REQUEST_ID.clone_into(&mut sent[0].request_id);
        sent
    };
    let import = send(&world, with_id(&good(3))).await.unwrap();
    world.subscribe(2, 10_000).await;
    assert_eq!(
        send(&world, with_id(&good(3))).await.unwrap(),
        import,
        "a smaller plan"
    );
    world.profile_sql("DELETE FROM subscriptions").await;
    assert_eq!(send(&world, with_id(&good(3))).await.unwrap(), import, "no plan");
    world
        .profile_sql("UPDATE organizations SET state = 'SUSPENDED'")
        .await;
    assert_eq!(
        send(&world, with_id(&good(3))).await.unwrap(),
        import,
        "no active organization"
    );
    assert_eq!(reason(send(&world, with_id(&good(4))).await), R::RequestIdReused);
    assert_eq!(reason(upload(&world, &good(3)).await), R::OrganizationNotActive);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_preview_is_told_as_such_also_when_it_cannot_be_made_again() {
    let world = World::new().await;
    world.subscribe(10, 10_000).await;
    let import = upload(&world, &good(3)).await.unwrap();
    world.group("Cooks").await;
    // What the second look would write is refused by the database.
    world
        .database
        .execute("ALTER TABLE imports ADD CONSTRAINT never CHECK (state <> 'UPLOADED')")
        .await;
    assert_eq!(reason(approve(&world, &import).await), R::ImportPreviewStale);
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_come_with_the_first_page() {
    let world = World::new().await;
    for number in 0..3 {
        world
            .create(&format!("l{number}@example.org"), &[&world.nurses])
            .await
            .unwrap();
    }
    let request = ListInvitationsRequest {
        parent: world.parent(),
        page_size: 2,
        ..Default::default()
    };
    let first = world
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
    let second = world
        .invitations()
        .list_invitations(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!((second.invitations.len(), second.counts.len()), (1, 0));
}
