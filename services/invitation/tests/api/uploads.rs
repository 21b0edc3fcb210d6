//! Uploads that are refused, and uploads that are repeated.

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{ApproveImportRequest, DisapproveImportRequest, UploadImportRequest};

use crate::upload::{applied, approve, good, messages, send, upload};
use crate::world::{World, reason};

#[tokio::test(flavor = "multi_thread")]
async fn spreadsheets_need_a_subscription_when_uploading_and_approving() {
    let world = World::new().await;
    assert_eq!(reason(upload(&world, &good(1)).await), R::SubscriptionRequired);
    world.subscribe(500, 10_000).await;
    let import = upload(&world, &good(1)).await.unwrap();
    world.profile_sql("DELETE FROM subscriptions").await;
    assert_eq!(reason(approve(&world, &import).await), R::SubscriptionRequired);
    world
        .profile_sql("UPDATE organizations SET state = 'SUSPENDED'")
        .await;
    assert_eq!(reason(upload(&world, &good(1)).await), R::OrganizationNotActive);
    assert_eq!(reason(approve(&world, &import).await), R::OrganizationNotActive);
    assert_eq!(world.database.count("SELECT count(*) FROM imports").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_beyond_the_plan_is_refused_with_used_and_limit() {
    let world = World::new().await;
    world.subscribe(10, 10_000).await;
    let status = upload(&world, &good(11)).await.unwrap_err();
    assert_eq!(muster_refusal::quota_of(&status), Some((11, 10)));
    assert_eq!(reason(Err::<(), _>(status)), R::ImportTooLarge);
    assert!(upload(&world, &good(10)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_altered_on_its_way_is_refused() {
    let world = World::new().await;
    world.subscribe(10, 10_000).await;
    let mut sent = messages(&world, &good(3));
    sent[1].chunk[30] ^= 1;
    assert_eq!(reason(send(&world, sent).await), R::ChecksumMismatch);
    let mut cut = messages(&world, &good(3));
    cut.pop();
    assert_eq!(reason(send(&world, cut).await), R::ChecksumMismatch);
    assert_eq!(world.database.count("SELECT count(*) FROM imports").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_keeps_to_its_first_messages_scope() {
    let world = World::new().await;
    world.subscribe(10, 10_000).await;
    let mut same = messages(&world, &good(3));
    same[1].parent = world.parent();
    assert!(send(&world, same).await.is_ok());
    let mut other = messages(&world, &good(3));
    other[1].parent = "organizations/0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88".to_owned();
    assert_eq!(reason(send(&world, other).await), R::StreamScopeChanged);
    assert_eq!(reason(send(&world, Vec::new()).await), R::InvalidRequest);
    let mut no_digest = messages(&world, &good(3));
    no_digest[0].sha256.pop();
    assert_eq!(reason(send(&world, no_digest).await), R::InvalidRequest);
    let large = UploadImportRequest {
        chunk: vec![b'x'; 65_537],
        ..messages(&world, b"x").remove(0)
    };
    assert_eq!(reason(send(&world, vec![large]).await), R::InvalidRequest);
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_requests_have_one_effect() {
    let world = World::new().await;
    world.subscribe(10, 10_000).await;
    let request_id = "0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88".to_owned();
    let mut sent = messages(&world, &good(3));
    sent[0].request_id.clone_from(&request_id);
    let import = send(&world, sent.clone()).await.unwrap();
    assert_eq!(send(&world, sent).await.unwrap(), import);
    let mut other = messages(&world, &good(4));
    other[0].request_id.clone_from(&request_id);
    assert_eq!(reason(send(&world, other).await), R::RequestIdReused);
    assert_eq!(world.database.count("SELECT count(*) FROM imports").await, 1);

    let decision = ApproveImportRequest {
        name: import.name.clone(),
        etag: import.etag.clone(),
        request_id: request_id.clone(),
    };
    let first = world
        .imports()
        .approve_import(decision.clone())
        .await
        .unwrap()
        .into_inner();
    applied(&world, &import).await;
    assert_eq!(
        world
            .imports()
            .approve_import(decision.clone())
            .await
            .unwrap()
            .into_inner(),
        first
    );
    let reused = ApproveImportRequest {
        etag: "x".to_owned(),
        ..decision
    };
    assert_eq!(
        reason(world.imports().approve_import(reused).await),
        R::RequestIdReused
    );
    let second = upload(&world, &good(5)).await.unwrap();
    let third = upload(&world, &good(6)).await.unwrap();
    let drop_it = |name: &str| DisapproveImportRequest {
        name: name.to_owned(),
        request_id: request_id.clone(),
    };
    world
        .imports()
        .disapprove_import(drop_it(&second.name))
        .await
        .unwrap();
    assert_eq!(
        reason(world.imports().disapprove_import(drop_it(&third.name)).await),
        R::RequestIdReused
    );
}
