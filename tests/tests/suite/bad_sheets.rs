//! Bad spreadsheets: each gets its documented error, and nothing is stored.

use muster_proto::invitation::v1::UploadImportRequest;
use muster_proto::invitation::v1::import_service_client::ImportServiceClient;
use muster_refusal::{ErrorReason, quota_of, reason_of};
use sha2::{Digest, Sha256};
use tonic::Status;

use crate::support::{Organization, Suite, with_others};

/// Invitations and imports.
const NOTHING: (i64, i64) = (0, 0);

async fn upload(suite: &Suite, organization: &Organization, bytes: &[u8]) -> Result<(), Status> {
    let first = UploadImportRequest {
        parent: organization.name.clone(),
        file_name: "list.csv".into(),
        sha256: Sha256::digest(bytes).to_vec(),
        chunk: bytes.to_vec(),
        request_id: String::new(),
    };
    let mut imports = ImportServiceClient::new(organization.edge.clone());
    imports
        .upload_import(suite.call("owner", tokio_stream::once(first)))
        .await
        .map(|_| ())
}

#[tokio::test]
async fn unreadable_spreadsheets_are_refused_with_what_to_do() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    for bytes in [
        b"".as_slice(),
        b"\0\0\0\0",
        b"PK\x03\x04 a workbook, not a text",
        b"name,phone\nAda,1\n",
        b"email;email;groups\na@example.test;b@example.test;Teachers\n",
    ] {
        let status = upload(&suite, &organization, bytes).await.unwrap_err();
        assert_eq!(
            reason_of(&status),
            Some(ErrorReason::ImportUnreadable),
            "{:?}: {}",
            bytes,
            status.message()
        );
    }
    let rows = (0..501).map(|n| format!("n{n}@example.test,Teachers\n"));
    let many = "email,groups\n".to_owned() + &rows.collect::<String>();
    let status = upload(&suite, &organization, many.as_bytes()).await.unwrap_err();
    assert_eq!(reason_of(&status), Some(ErrorReason::ImportTooLarge));
    assert_eq!(quota_of(&status), Some((501, 500)));
    assert_eq!(organization.stored(&suite).await, NOTHING);
}

#[tokio::test]
async fn a_stream_cannot_change_its_organization_on_the_way() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let (mine, theirs) = (
        Organization::create(&suite).await,
        Organization::owned_by(&suite, "outsider").await,
    );
    let message = |parent: &str| UploadImportRequest {
        parent: parent.into(),
        file_name: "list.csv".into(),
        chunk: b"email,groups\n".to_vec(),
        ..Default::default()
    };
    let messages = vec![message(&mine.name), message(&theirs.name)];
    let mut imports = ImportServiceClient::new(mine.edge.clone());
    let stream = suite.call("owner", tokio_stream::iter(messages));
    let refused = imports.upload_import(stream).await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::StreamScopeChanged));
    for organization in [&mine, &theirs] {
        assert_eq!(organization.stored(&suite).await, NOTHING);
    }
}
