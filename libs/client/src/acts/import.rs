//! Invitations by spreadsheet.

use std::time::SystemTime;

use muster_proto::invitation::v1::import_service_client::ImportServiceClient;
use muster_proto::invitation::v1::{
    ApproveImportRequest, DisapproveImportRequest, DownloadImportTemplateRequest,
    DownloadImportTemplateResponse, DownloadRefusedRowsRequest, GetImportRequest, Import, ImportFileFormat,
    ListImportRowsRequest, ListImportRowsResponse, ListImportsRequest, ListImportsResponse,
    UploadImportRequest,
};
use sha2::{Digest, Sha256};

use super::resource;
use crate::{CallError, Transport, call, call_with_stream, request_id};

/// The piece of an upload, in bytes; the contract takes up to 64 KiB.
const CHUNK: usize = 16 * 1024;

/// Uploads a spreadsheet; its preview is in the import that comes back.
///
/// # Errors
/// The call failed.
pub async fn upload<T: Transport>(
    inviter: &T,
    organization: &str,
    file_name: &str,
    bytes: &[u8],
) -> Result<Import, CallError> {
    let messages = messages(organization, file_name, bytes);
    let uploaded = call_with_stream(inviter, messages, async |client, messages| {
        ImportServiceClient::new(client).upload_import(messages).await
    });
    let import = uploaded.await?.import;
    import.ok_or_else(CallError::without_resource::<UploadImportRequest>)
}

/// What an upload consists of: the first message says what it is, all carry pieces of it.
#[must_use]
pub fn messages(organization: &str, file_name: &str, bytes: &[u8]) -> Vec<UploadImportRequest> {
    let pieces = bytes.chunks(CHUNK).map(|chunk| UploadImportRequest {
        chunk: chunk.to_vec(),
        ..UploadImportRequest::default()
    });
    let mut messages: Vec<_> = pieces.collect();
    // An empty file is a message, too: the answer says that it is empty.
    if messages.is_empty() {
        messages.push(UploadImportRequest::default());
    }
    if let Some(first) = messages.first_mut() {
        organization.clone_into(&mut first.parent);
        file_name.clone_into(&mut first.file_name);
        first.sha256 = Sha256::digest(bytes).to_vec();
        first.request_id = request_id();
    }
    messages
}

/// A spreadsheet to fill in.
///
/// # Errors
/// The call failed.
pub async fn template<T: Transport>(
    inviter: &T,
    organization: &str,
    format: ImportFileFormat,
) -> Result<DownloadImportTemplateResponse, CallError> {
    let request = DownloadImportTemplateRequest {
        parent: organization.to_owned(),
        format: format.into(),
        ..Default::default()
    };
    call(inviter, request, async |client, request| {
        ImportServiceClient::new(client)
            .download_import_template(request)
            .await
    })
    .await
}

/// The rows of an import that became nothing, as a file like the uploaded one that can be mended and uploaded again.
///
/// # Errors
/// The call failed, or broke off before the end of the file.
pub async fn refused_rows<T: Transport>(reader: &T, name: &str) -> Result<Vec<u8>, CallError> {
    let request = DownloadRefusedRowsRequest {
        name: name.to_owned(),
        language: String::new(),
    };
    // Gathered inside of the call: a file that broke off is read again from its beginning.
    call(reader, request, async |client, request| {
        let answer = ImportServiceClient::new(client)
            .download_refused_rows(request)
            .await?;
        let (mut pieces, mut bytes) = (answer.into_inner(), Vec::new());
        while let Some(piece) = pieces.message().await? {
            bytes.extend(piece.file.unwrap_or_default().data);
        }
        Ok(tonic::Response::new(bytes))
    })
    .await
}

/// Lists imports, newest first: one page.
///
/// # Errors
/// The call failed.
pub async fn list<T: Transport>(
    reader: &T,
    request: ListImportsRequest,
) -> Result<ListImportsResponse, CallError> {
    let listed = call(reader, request, async |client, request| {
        ImportServiceClient::new(client).list_imports(request).await
    });
    listed.await
}

/// Reads an import.
///
/// # Errors
/// The call failed.
pub async fn get<T: Transport>(reader: &T, name: &str) -> Result<Import, CallError> {
    let request = GetImportRequest {
        name: name.to_owned(),
    };
    let send = async |client, request| ImportServiceClient::new(client).get_import(request).await;
    resource(reader, request, send, |response| response.import).await
}

/// Lists rows: one page.
///
/// # Errors
/// The call failed.
pub async fn list_rows<T: Transport>(
    reader: &T,
    request: ListImportRowsRequest,
) -> Result<ListImportRowsResponse, CallError> {
    let listed = call(reader, request, async |client, request| {
        ImportServiceClient::new(client).list_import_rows(request).await
    });
    listed.await
}

/// Drops an import that is not decided yet: nothing of it becomes an invitation.
///
/// # Errors
/// The call failed.
pub async fn disapprove<T: Transport>(inviter: &T, name: &str) -> Result<Import, CallError> {
    let request = DisapproveImportRequest {
        name: name.to_owned(),
        request_id: request_id(),
    };
    let send = async |client, request| ImportServiceClient::new(client).disapprove_import(request).await;
    resource(inviter, request, send, |response| response.import).await
}

/// Approves an import as it was shown, and mails at once: `etag` is that of the preview.
///
/// # Errors
/// The call failed.
pub async fn approve<T: Transport>(inviter: &T, name: &str, etag: &str) -> Result<Import, CallError> {
    decide(inviter, name, etag, None).await
}

/// As [`approve`], but the mails go out at `send_time`.
///
/// # Errors
/// The call failed.
pub async fn approve_for<T: Transport>(
    inviter: &T,
    name: &str,
    etag: &str,
    send_time: SystemTime,
) -> Result<Import, CallError> {
    decide(inviter, name, etag, Some(send_time)).await
}

async fn decide<T: Transport>(
    inviter: &T,
    name: &str,
    etag: &str,
    send_time: Option<SystemTime>,
) -> Result<Import, CallError> {
    let request = ApproveImportRequest {
        name: name.to_owned(),
        etag: etag.to_owned(),
        request_id: request_id(),
        send_time: send_time.map(Into::into),
    };
    let send = async |client, request| ImportServiceClient::new(client).approve_import(request).await;
    resource(inviter, request, send, |response| response.import).await
}
