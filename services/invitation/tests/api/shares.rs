//! Uploads at the same time: nobody keeps others out, and only bytes keep an upload alive.

use std::time::Duration;

use futures::StreamExt;
use muster_identity::Role;
use muster_ids::OrganizationId;
use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::import_service_client::ImportServiceClient;
use muster_proto::invitation::v1::{UploadImportRequest, UploadImportResponse};
use muster_testkit::{TestCaller, eventually};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc::{self, Sender};
use tokio::task::JoinHandle;
use tokio_stream::Stream;
use tokio_stream::wrappers::{IntervalStream, ReceiverStream};
use tonic::{Response, Status};

use crate::fixture::{Fixture, reason};
use crate::upload::good;

/// The largest file, in chunks.
const CHUNKS: usize = 512;

/// Somebody who uploads for an organization.
#[derive(Clone, Copy)]
struct Uploader {
    name: &'static str,
    organization: OrganizationId,
}

impl Uploader {
    async fn upload(
        self,
        fixture: &Fixture,
        messages: impl Stream<Item = UploadImportRequest> + Send + 'static,
    ) -> Result<Response<UploadImportResponse>, Status> {
        let who = TestCaller::member(self.name, self.organization, Role::Admin);
        // Not by a client that tries again: it would wait for the end of the stream.
        let mut client = ImportServiceClient::new(fixture.impatient(who));
        client.upload_import(messages).await
    }

    fn first(self, file: &[u8], chunk: Vec<u8>) -> UploadImportRequest {
        UploadImportRequest {
            parent: format!("organizations/{}", self.organization),
            file_name: "learners.csv".to_owned(),
            sha256: Sha256::digest(file).to_vec(),
            chunk,
            request_id: String::new(),
        }
    }

    /// A small file at once.
    async fn small(self, fixture: &Fixture) -> Result<(), Status> {
        let file = b"email,groups\nada@example.org,Nurses\n";
        let message = self.first(file, file.to_vec());
        self.upload(fixture, tokio_stream::once(message)).await.map(drop)
    }

    /// Sends as many bytes as a file may have, and does not end.
    async fn fill(self, fixture: &Fixture) -> Held {
        let (sender, messages) = mpsc::channel(4);
        let who = TestCaller::member(self.name, self.organization, Role::Admin);
        let mut client = ImportServiceClient::new(fixture.impatient(who));
        let answer = tokio::spawn(async move {
            client
                .upload_import(ReceiverStream::new(messages))
                .await
                .map(drop)
        });
        sender.send(self.first(b"", Vec::new())).await.unwrap();
        for _ in 0..CHUNKS {
            sender.send(chunk(64 * 1024)).await.unwrap();
        }
        Held { sender, answer }
    }
}

/// An upload that holds its room.
struct Held {
    sender: Sender<UploadImportRequest>,
    answer: JoinHandle<Result<(), Status>>,
}

impl Held {
    /// Ends, and is refused for another digest than the announced one.
    async fn end(self) {
        drop(self.sender);
        assert_eq!(reason(self.answer.await.unwrap()), R::ChecksumMismatch);
    }
}

fn chunk(bytes: usize) -> UploadImportRequest {
    UploadImportRequest {
        chunk: vec![b'x'; bytes],
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn open_uploads_of_one_organization_keep_no_other_one_out() {
    let fixture = Fixture::with(&[("--upload-idle", "600")]).await;
    let other = fixture.new_organization("outsider").await;
    fixture.subscribe(500, 10_000).await;
    fixture.subscribe_other(other).await;
    let of = |name, organization| Uploader { name, organization };
    let [ada, bob, eve] = ["ada", "bob", "eve"].map(|name| of(name, fixture.organization));

    let first = ada.fill(&fixture).await;
    let is_refused = async |who: Uploader| {
        who.small(&fixture)
            .await
            .is_err_and(|status| reason(Err::<(), _>(status)) == R::Overloaded)
    };
    eventually(async || is_refused(ada).await).await;
    assert!(
        is_refused(of("ada", other)).await,
        "the share of a person, wherever"
    );
    bob.small(&fixture).await.unwrap();
    let second = bob.fill(&fixture).await;
    eventually(async || is_refused(eve).await).await;
    of("zoe", other).small(&fixture).await.unwrap();

    first.end().await;
    eventually(async || ada.small(&fixture).await.is_ok()).await;
    second.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_bytes_keep_an_upload_alive() {
    let fixture = Fixture::with(&[("--upload-idle", "1")]).await;
    fixture.subscribe(500, 10_000).await;
    let ada = Uploader {
        name: "ada",
        organization: fixture.organization,
    };
    let ticks = || IntervalStream::new(tokio::time::interval(Duration::from_millis(50)));

    let first = ada.first(b"", Vec::new());
    let empty = tokio_stream::once(first.clone()).chain(ticks().map(|_| chunk(0)));
    assert_eq!(reason(ada.upload(&fixture, empty).await), R::DeadlineExceeded);
    let trickle = tokio_stream::once(first).chain(ticks().map(|_| chunk(100)));
    assert_eq!(reason(ada.upload(&fixture, trickle).await), R::DeadlineExceeded);

    // Two seconds for 500 rows, but never a second without progress.
    let mut file = good(500);
    file.resize(40 * 4096, b'\n');
    let pieces: Vec<_> = file.chunks(4096).map(<[u8]>::to_vec).collect();
    let pieces = tokio_stream::iter(pieces).zip(ticks());
    let pieces = pieces.map(|(chunk, _)| UploadImportRequest {
        chunk,
        ..Default::default()
    });
    let steady = tokio_stream::once(ada.first(&file, Vec::new())).chain(pieces);
    ada.upload(&fixture, steady).await.unwrap();
}
