//! Spreadsheets.

use muster_proto::invitation::v1::{
    ApproveImportRequest, ApproveImportResponse, DisapproveImportRequest, DownloadImportTemplateRequest,
    DownloadRefusedRowsRequest, GetImportRequest, Import, ImportFileFormat, ListImportRowsRequest,
    ListImportsRequest, UploadImportRequest, UploadImportResponse, WatchImportRequest,
};
use muster_proto::organization::v1::Plan;
use muster_refusal::ErrorReason as R;
use prost_types::Timestamp;
use sha2::{Digest, Sha256};

use super::attempt::Attempt;
use super::stage::{Stage, last};
use super::{Row, row};
use crate::support::Organization;

pub(super) fn rows() -> Vec<Row> {
    let mut rows = uploaded();
    rows.extend(read());
    rows.extend(downloaded());
    rows.extend(approved());
    rows.extend(disapproved());
    rows
}

fn piece(parent: &str, file: &[u8]) -> UploadImportRequest {
    UploadImportRequest {
        parent: parent.into(),
        file_name: "list.csv".into(),
        sha256: Sha256::digest(file).to_vec(),
        chunk: file.to_vec(),
        request_id: String::new(),
    }
}

fn sheet(rows: usize) -> Vec<u8> {
    let rows = (0..rows).map(|n| format!("n{n}@example.test,Teachers\n"));
    ("email,groups\n".to_owned() + &rows.collect::<String>()).into_bytes()
}

async fn ready(at: &Stage) -> Import {
    let done: UploadImportResponse = at
        .done("UploadImport", "owner", &piece(&at.name(), &sheet(2)))
        .await;
    done.import.unwrap()
}

fn uploaded() -> Vec<Row> {
    vec![
        row("UploadImport", R::InvalidRequest, async |at| {
            let mut short = piece(&at.name(), &sheet(1));
            short.sha256.truncate(31);
            Attempt::by("owner", &short).violates(&["sha256"])
        }),
        row("UploadImport", R::SubscriptionRequired, async |at| {
            let at = at.own().await;
            at.subscribes(Plan::Basic, 0, 1000).await;
            Attempt::by("owner", &piece(&at.name(), &sheet(1)))
        }),
        row("UploadImport", R::ImportUnreadable, async |at| {
            Attempt::by("owner", &piece(&at.name(), b"name,phone\nAda,1\n"))
        }),
        row("UploadImport", R::ImportTooLarge, async |at| {
            Attempt::by("owner", &piece(&at.name(), &sheet(501))).quota(501, 500)
        }),
        row("UploadImport", R::ChecksumMismatch, async |at| {
            let mut altered = piece(&at.name(), &sheet(2));
            altered.chunk = sheet(1);
            Attempt::by("owner", &altered)
        }),
        row("UploadImport", R::TooManyImports, async |at| {
            let at = at.own().await;
            for _ in 0..50 {
                ready(&at).await;
            }
            Attempt::by("owner", &piece(&at.name(), &sheet(1))).quota(50, 50)
        }),
        row("UploadImport", R::StreamScopeChanged, async |at| {
            let other = Organization::draft(&at.suite, "owner").await.name;
            let (file, rest) = (sheet(2), UploadImportRequest::default());
            let messages = [
                piece(&at.name(), &file),
                UploadImportRequest {
                    parent: other,
                    ..rest
                },
            ];
            Attempt::streamed("owner", &messages)
        }),
        row("UploadImport", R::OrganizationNotActive, async |at| {
            let draft = Organization::draft(&at.suite, "owner").await.name;
            Attempt::by("owner", &piece(&draft, &sheet(1))).metadata("state", "DRAFT")
        }),
        row("UploadImport", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let piece = |rows| UploadImportRequest {
                request_id: id.clone(),
                ..piece(&at.name(), &sheet(rows))
            };
            at.reused("UploadImport", "owner", &piece(1), &piece(2)).await
        }),
    ]
}

fn read() -> Vec<Row> {
    let listing = |parent: String, page_token: &str| ListImportRowsRequest {
        parent,
        page_token: page_token.into(),
        ..Default::default()
    };
    vec![
        row("GetImport", R::NotFound, async |at| {
            let name = at.absent("imports");
            Attempt::by("owner", &GetImportRequest { name })
        }),
        row("WatchImport", R::NotFound, async |at| {
            let name = at.absent("imports");
            Attempt::by("owner", &WatchImportRequest { name })
        }),
        row("ListImportRows", R::NotFound, async move |at| {
            Attempt::by("owner", &listing(at.absent("imports"), ""))
        }),
        row("ListImportRows", R::PageTokenInvalid, async move |at| {
            Attempt::by("owner", &listing(ready(&at).await.name, "AAAA"))
        }),
    ]
}

fn downloaded() -> Vec<Row> {
    let template = |at: &Stage, format: ImportFileFormat| DownloadImportTemplateRequest {
        parent: at.name(),
        format: format.into(),
        ..Default::default()
    };
    let listing = |parent: String, page_token: &str| ListImportsRequest {
        parent,
        page_token: page_token.into(),
        ..Default::default()
    };
    let refused_rows = |name: String| DownloadRefusedRowsRequest {
        name,
        ..Default::default()
    };
    vec![
        row("DownloadImportTemplate", R::InvalidRequest, async move |at| {
            Attempt::by("owner", &template(&at, ImportFileFormat::Unspecified)).violates(&["format"])
        }),
        row(
            "DownloadImportTemplate",
            R::OrganizationNotActive,
            async move |at| {
                let at = at.own().await;
                at.becomes("SUSPENDED").await;
                Attempt::by("owner", &template(&at, ImportFileFormat::Xlsx)).metadata("state", "SUSPENDED")
            },
        ),
        row("DownloadRefusedRows", R::NotFound, async move |at| {
            Attempt::by("owner", &refused_rows(at.absent("imports")))
        }),
        row("DownloadRefusedRows", R::ImportRowsDeleted, async move |at| {
            let name = ready(&at).await.name;
            let statement = format!(
                "UPDATE imports SET state = 'DISAPPROVED', purge_time = NULL WHERE import_id = '{}'",
                last(&name)
            );
            at.database("invitation").await.change(&statement).await;
            Attempt::by("owner", &refused_rows(name))
        }),
        row("ListImports", R::PageTokenInvalid, async move |at| {
            Attempt::by("owner", &listing(at.name(), "AAAA"))
        }),
    ]
}

fn approving(import: &Import, request_id: &str) -> ApproveImportRequest {
    ApproveImportRequest {
        name: import.name.clone(),
        etag: import.etag.clone(),
        request_id: request_id.into(),
        send_time: None,
    }
}

fn approved() -> Vec<Row> {
    vec![
        row("ApproveImport", R::ImportPreviewStale, async |at| {
            let at = at.own().await;
            let import = ready(&at).await;
            at.group().await;
            Attempt::by("owner", &approving(&import, ""))
        }),
        row("ApproveImport", R::InvalidRequest, async |at| {
            let import = Import {
                name: at.absent("imports"),
                etag: "x".into(),
                ..Default::default()
            };
            let long_ago = ApproveImportRequest {
                send_time: Some(Timestamp::default()),
                ..approving(&import, "")
            };
            Attempt::by("owner", &long_ago).violates(&["send_time"])
        }),
        row("ApproveImport", R::ImportState, async |at| {
            let import = ready(&at).await;
            at.done::<()>("DisapproveImport", "owner", &disapproving(&import, ""))
                .await;
            Attempt::by("owner", &approving(&import, "")).metadata("state", "DISAPPROVED")
        }),
        row("ApproveImport", R::SubscriptionRequired, async |at| {
            let at = at.own().await;
            let import = ready(&at).await;
            at.subscribes(Plan::Basic, 0, 1000).await;
            Attempt::by("owner", &approving(&import, ""))
        }),
        row("ApproveImport", R::NotFound, async |at| {
            let import = Import {
                name: at.absent("imports"),
                etag: "x".into(),
                ..Default::default()
            };
            Attempt::by("owner", &approving(&import, ""))
        }),
        row("ApproveImport", R::OrganizationNotActive, async |at| {
            let at = at.own().await;
            let import = ready(&at).await;
            at.becomes("SUSPENDED").await;
            Attempt::by("owner", &approving(&import, "")).metadata("state", "SUSPENDED")
        }),
        row("ApproveImport", R::RequestIdReused, async |at| {
            let at = at.own().await;
            let id = at.suite.request_id();
            let (first, second) = (ready(&at).await, ready(&at).await);
            at.reused(
                "ApproveImport",
                "owner",
                &approving(&first, &id),
                &approving(&second, &id),
            )
            .await
        }),
    ]
}

fn disapproving(import: &Import, request_id: &str) -> DisapproveImportRequest {
    DisapproveImportRequest {
        name: import.name.clone(),
        request_id: request_id.into(),
    }
}

fn disapproved() -> Vec<Row> {
    vec![
        row("DisapproveImport", R::ImportState, async |at| {
            let at = at.own().await;
            let import = ready(&at).await;
            at.done::<ApproveImportResponse>("ApproveImport", "owner", &approving(&import, ""))
                .await;
            Attempt::by("owner", &disapproving(&import, ""))
        }),
        row("DisapproveImport", R::NotFound, async |at| {
            let import = Import {
                name: at.absent("imports"),
                ..Default::default()
            };
            Attempt::by("owner", &disapproving(&import, ""))
        }),
        row("DisapproveImport", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let (first, second) = (ready(&at).await, ready(&at).await);
            let (first, second) = (disapproving(&first, &id), disapproving(&second, &id));
            at.reused("DisapproveImport", "owner", &first, &second).await
        }),
    ]
}
