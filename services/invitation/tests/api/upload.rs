//! Uploading and deciding, as the tests do it.

use muster_proto::invitation::v1::{
    ApproveImportRequest, DisapproveImportRequest, GetImportRequest, Import, ImportRow, ImportState,
    ListImportRowsRequest, UploadImportRequest,
};
use muster_testkit::eventually_some;
use sha2::{Digest, Sha256};
use tonic::Status;

use crate::fixture::Fixture;

/// The messages that upload a file in chunks.
pub(crate) fn messages(fixture: &Fixture, file: &[u8]) -> Vec<UploadImportRequest> {
    let first = UploadImportRequest {
        parent: fixture.parent(),
        file_name: "learners.csv".to_owned(),
        sha256: Sha256::digest(file).to_vec(),
        ..Default::default()
    };
    let chunk = |chunk: &[u8]| UploadImportRequest {
        chunk: chunk.to_vec(),
        ..Default::default()
    };
    std::iter::once(first)
        .chain(file.chunks(64 * 1024).map(chunk))
        .collect()
}

pub(crate) async fn send(fixture: &Fixture, messages: Vec<UploadImportRequest>) -> Result<Import, Status> {
    let answer = fixture
        .imports()
        .upload_import(tokio_stream::iter(messages))
        .await?;
    Ok(answer.into_inner().import.unwrap())
}

pub(crate) async fn upload(fixture: &Fixture, file: &[u8]) -> Result<Import, Status> {
    send(fixture, messages(fixture, file)).await
}

pub(crate) fn approval(import: &Import) -> ApproveImportRequest {
    ApproveImportRequest {
        name: import.name.clone(),
        etag: import.etag.clone(),
        request_id: String::new(),
        send_time: None,
    }
}

pub(crate) async fn approve(fixture: &Fixture, import: &Import) -> Result<Import, Status> {
    Ok(fixture
        .imports()
        .approve_import(approval(import))
        .await?
        .into_inner()
        .import
        .unwrap())
}

pub(crate) async fn disapprove(fixture: &Fixture, import: &Import) -> Result<Import, Status> {
    let request = DisapproveImportRequest {
        name: import.name.clone(),
        request_id: String::new(),
    };
    let answer = fixture.imports().disapprove_import(request).await?;
    Ok(answer.into_inner().import.unwrap())
}

/// Approves everything that was uploaded while no worker runs, as their calls would have.
pub(crate) async fn approve_all(fixture: &Fixture) {
    let approved = "UPDATE imports SET state = 'APPROVED', approver_person_id = uploader_person_id, decide_time = create_time";
    fixture.database.execute(approved).await;
}

pub(crate) async fn get(fixture: &Fixture, import: &Import) -> Import {
    let request = GetImportRequest {
        name: import.name.clone(),
    };
    fixture
        .imports()
        .get_import(request)
        .await
        .unwrap()
        .into_inner()
        .import
        .unwrap()
}

/// All rows, page after page.
pub(crate) async fn rows(fixture: &Fixture, import: &Import) -> Vec<ImportRow> {
    let (mut rows, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListImportRowsRequest {
            parent: import.name.clone(),
            page_size: 1000,
            page_token,
            states: Vec::new(),
        };
        let page = fixture
            .imports()
            .list_import_rows(request)
            .await
            .unwrap()
            .into_inner();
        rows.extend(page.rows);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return rows;
        }
    }
}

/// Waits until the last row is done.
pub(crate) async fn applied(fixture: &Fixture, import: &Import) -> Import {
    let is_done = |import: &Import| {
        matches!(
            import.state(),
            ImportState::Applied | ImportState::AppliedWithErrors
        )
    };
    becomes(fixture, import, is_done).await
}

/// Waits until its preview is there again.
pub(crate) async fn previewed_again(fixture: &Fixture, import: &Import) -> Import {
    becomes(fixture, import, |import| import.state() == ImportState::Ready).await
}

/// Waits until it is so. An import that met a busy database tries again when the clock says so.
pub(crate) async fn becomes(fixture: &Fixture, import: &Import, is_so: impl Fn(&Import) -> bool) -> Import {
    let mut looks = 0;
    eventually_some(async || {
        looks += 1;
        if looks % 100 == 0 {
            fixture.clock.advance(std::time::Duration::from_secs(6));
        }
        let import = get(fixture, import).await;
        is_so(&import).then_some(import)
    })
    .await
}

/// A file with this many good rows.
pub(crate) fn good(count: usize) -> Vec<u8> {
    good_at("example.org", count)
}

/// The same at another host: others' addresses.
pub(crate) fn good_at(host: &str, count: usize) -> Vec<u8> {
    let mut file = "email,groups\n".to_owned();
    for number in 0..count {
        file.push_str(&format!("learner{number}@{host},Nurses\n"));
    }
    file.into_bytes()
}
