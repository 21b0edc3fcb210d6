//! `UploadImport`: a stream of which the first message says what it is.

use muster_database::idempotency::{Key, fingerprint};
use muster_proto::invitation::v1 as pb;
use muster_refusal::{Refusal, Violations};
use muster_server::StreamCall;
use tonic::Status;
use uuid::Uuid;

use crate::context::Context;
use crate::error::Error;
use crate::ops::import::upload::{self, Admission, Bytes, Upload, admit};

pub(super) async fn upload_import(
    context: &Context,
    mut call: StreamCall<pb::UploadImportRequest>,
) -> Result<pb::UploadImportResponse, Status> {
    let first = call.next().await?.ok_or_else(empty_stream)?;
    let person = call.caller.person().ok_or_else(Refusal::permission_denied)?;
    let command = Upload {
        organization: call.organization()?,
        uploader: person.id,
        file_name: file_name(&first),
        sha256: sha256(&first)?,
    };
    let key = key(&call, &first);
    let inviting = match admit(context, &key, command.organization).await? {
        Admission::Admitted(inviting) => inviting,
        Admission::Answered(answer) => return Ok(answer),
    };
    let mut bytes = Bytes::none(context, &command);
    bytes.take(&first.chunk)?;
    while let Some(message) = bytes.next(call.next()).await?? {
        bytes.take(&message.chunk)?;
    }
    let prepare = async || upload::prepare(context, &command, inviting, bytes).await;
    let apply = async |tx: &mut _, prepared| {
        let uploaded = upload::apply(tx, context, prepared).await?;
        Ok::<pb::Import, Error>(uploaded.into())
    };
    let (database, now) = (&context.database, context.clock.now());
    // Not the call's: a stream has no one message that is the request.
    Ok(database.once_prepared(&key, now, prepare, apply).await?)
}

fn empty_stream() -> Refusal {
    let mut violations = Violations::new();
    violations.add("parent", "must be named by the first message");
    violations.into_refusal()
}

fn file_name(first: &pb::UploadImportRequest) -> String {
    // Shown in the history: one line, nothing that a terminal would obey, nothing that turns or hides the rest.
    muster_text::cleaned(&first.file_name)
}

/// What the file must have; nothing, if the caller does not say it.
fn sha256(first: &pb::UploadImportRequest) -> Result<Option<[u8; 32]>, Refusal> {
    let mut violations = Violations::new();
    let given = match (first.sha256.as_slice(), first.request_id.as_str()) {
        ([], "") => Ok(None),
        ([], _) => Err("must be said with a request_id: it stands for the file that is sent again"),
        (bytes, _) => <[u8; 32]>::try_from(bytes)
            .map(Some)
            .map_err(|_| "must be 32 bytes"),
    };
    violations
        .check("sha256", given)
        .ok_or_else(|| violations.into_refusal())
}

/// The digest stands for the bytes: the same request_id with another file is another request.
fn key(call: &StreamCall<pb::UploadImportRequest>, first: &pb::UploadImportRequest) -> Key {
    let request = pb::UploadImportRequest {
        chunk: Vec::new(),
        ..first.clone()
    };
    Key {
        caller: call.caller.actor(),
        method: call.method(),
        // A UUID or empty: the field has a rule.
        request_id: Uuid::try_parse(&first.request_id).ok(),
        request_sha256: fingerprint(&request),
    }
}
