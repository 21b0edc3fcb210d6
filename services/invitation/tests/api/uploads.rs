//! Uploads that are refused, and uploads that are repeated.

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{ApproveImportRequest, DisapproveImportRequest, UploadImportRequest};

use crate::fixture::{Fixture, reason};
use crate::upload::{applied, approve, good, messages, send, upload};

#[tokio::test(flavor = "multi_thread")]
async fn spreadsheets_need_a_subscription_when_uploading_and_approving() {
    let fixture = Fixture::new().await;
    assert_eq!(reason(upload(&fixture, &good(1)).await), R::SubscriptionRequired);
    fixture.subscribe(500, 10_000).await;
    let import = upload(&fixture, &good(1)).await.unwrap();
    fixture.profile_sql("DELETE FROM subscriptions").await;
    assert_eq!(reason(approve(&fixture, &import).await), R::SubscriptionRequired);
    fixture
        .profile_sql("UPDATE organizations SET state = 'SUSPENDED'")
        .await;
    assert_eq!(reason(upload(&fixture, &good(1)).await), R::OrganizationNotActive);
    assert_eq!(reason(approve(&fixture, &import).await), R::OrganizationNotActive);
    assert_eq!(fixture.database.count("SELECT count(*) FROM imports").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_beyond_the_plan_is_refused_with_used_and_limit() {
    let fixture = Fixture::new().await;
    fixture.subscribe(10, 10_000).await;
    let status = upload(&fixture, &good(11)).await.unwrap_err();
    assert_eq!(muster_refusal::quota_of(&status), Some((11, 10)));
    assert_eq!(reason(Err::<(), _>(status)), R::ImportTooLarge);
    assert!(upload(&fixture, &good(10)).await.is_ok());
}

/// Refuses a row far behind the first that are stored at a time.
const BREAK_OFF: &str = "CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'made up';
    END $$;
    CREATE TRIGGER break_off BEFORE INSERT ON import_rows FOR EACH ROW WHEN (NEW.line = 4000) EXECUTE FUNCTION break_off()";

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_breaks_off_in_the_middle_leaves_nothing() {
    let fixture = Fixture::new().await;
    fixture.subscribe(10_000, 10_000).await;
    fixture.database.execute(BREAK_OFF).await;
    assert!(upload(&fixture, &good(4_500)).await.is_err());
    let count = async |what| fixture.database.count(what).await;
    assert_eq!(count("SELECT count(*) FROM imports").await, 0);
    assert_eq!(count("SELECT count(*) FROM import_rows").await, 0);
    fixture
        .database
        .execute("DROP TRIGGER break_off ON import_rows")
        .await;
    let import = upload(&fixture, &good(4_500)).await.unwrap();
    assert_eq!((import.row_count, import.valid_count), (4_500, 4_500));
    assert_eq!(count("SELECT count(*) FROM import_rows").await, 4_500);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_altered_on_its_way_is_refused() {
    let fixture = Fixture::new().await;
    fixture.subscribe(10, 10_000).await;
    let mut sent = messages(&fixture, &good(3));
    sent[1].chunk[30] ^= 1;
    assert_eq!(reason(send(&fixture, sent).await), R::ChecksumMismatch);
    let mut cut = messages(&fixture, &good(3));
    cut.pop();
    assert_eq!(reason(send(&fixture, cut).await), R::ChecksumMismatch);
    assert_eq!(fixture.database.count("SELECT count(*) FROM imports").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_digest_need_not_be_said_unless_the_file_may_come_again() {
    let fixture = Fixture::new().await;
    fixture.subscribe(10, 10_000).await;
    let mut sent = messages(&fixture, &good(3));
    assert!(send(&fixture, sent.clone()).await.is_ok());
    sent[0].sha256.clear();
    assert!(send(&fixture, sent.clone()).await.is_ok());
    // The digest is stored all the same.
    let digests = "SELECT count(DISTINCT file_sha256) FROM imports";
    assert_eq!(fixture.database.count(digests).await, 1);
    sent[0].request_id = "0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88".to_owned();
    let refused = send(&fixture, sent).await.unwrap_err();
    let fields: Vec<_> = muster_refusal::violations_of(&refused);
    assert_eq!(fields[0].0, "sha256");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_keeps_to_its_first_messages_scope() {
    let fixture = Fixture::new().await;
    fixture.subscribe(10, 10_000).await;
    let mut same = messages(&fixture, &good(3));
    same[1].parent = fixture.parent();
    assert!(send(&fixture, same).await.is_ok());
    let mut other = messages(&fixture, &good(3));
    other[1].parent = "organizations/0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88".to_owned();
    assert_eq!(reason(send(&fixture, other).await), R::StreamScopeChanged);
    assert_eq!(reason(send(&fixture, Vec::new()).await), R::InvalidRequest);
    let mut no_digest = messages(&fixture, &good(3));
    no_digest[0].sha256.pop();
    assert_eq!(reason(send(&fixture, no_digest).await), R::InvalidRequest);
    let large = UploadImportRequest {
        chunk: vec![b'x'; 65_537],
        ..messages(&fixture, b"x").remove(0)
    };
    assert_eq!(reason(send(&fixture, vec![large]).await), R::InvalidRequest);
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_requests_have_one_effect() {
    let fixture = Fixture::new().await;
    fixture.subscribe(10, 10_000).await;
    let request_id = "0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88".to_owned();
    let mut sent = messages(&fixture, &good(3));
    sent[0].request_id.clone_from(&request_id);
    let import = send(&fixture, sent.clone()).await.unwrap();
    assert_eq!(send(&fixture, sent).await.unwrap(), import);
    let mut other = messages(&fixture, &good(4));
    other[0].request_id.clone_from(&request_id);
    assert_eq!(reason(send(&fixture, other).await), R::RequestIdReused);
    assert_eq!(fixture.database.count("SELECT count(*) FROM imports").await, 1);

    let decision = ApproveImportRequest {
        name: import.name.clone(),
        etag: import.etag.clone(),
        request_id: request_id.clone(),
        send_time: None,
    };
    let first = fixture
        .imports()
        .approve_import(decision.clone())
        .await
        .unwrap()
        .into_inner();
    applied(&fixture, &import).await;
    assert_eq!(
        fixture
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
        reason(fixture.imports().approve_import(reused).await),
        R::RequestIdReused
    );
    let second = upload(&fixture, &good(5)).await.unwrap();
    let third = upload(&fixture, &good(6)).await.unwrap();
    let drop_it = |name: &str| DisapproveImportRequest {
        name: name.to_owned(),
        request_id: request_id.clone(),
    };
    fixture
        .imports()
        .disapprove_import(drop_it(&second.name))
        .await
        .unwrap();
    assert_eq!(
        reason(fixture.imports().disapprove_import(drop_it(&third.name)).await),
        R::RequestIdReused
    );
}
