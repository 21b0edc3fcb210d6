//! `ImportService`: spreadsheets of invitations.

use muster_database::idempotency::{Key, fingerprint};
use muster_identity::Caller;
use muster_proto::invitation::v1 as proto;
use muster_proto::invitation::v1::import_service_server::ImportService;
use muster_refusal::{Refusal, Violations};
use muster_server::page::PageKey;
use muster_server::{Call, StreamCall};
use tonic::{Request, Response, Status, Streaming};
use uuid::Uuid;

use super::parse;
use crate::convert;
use crate::domain::import::Row;
use crate::error::Error;
use crate::ops::approve::{Approve, approve};
use crate::ops::disapprove::disapprove;
use crate::ops::upload::{Bytes, Upload, admit, repeat, upload};
use crate::parts::Parts;
use crate::store::{import_rows, imports};

/// Answers for the organization.
#[derive(Clone)]
pub(crate) struct ImportRpc {
    pub(crate) parts: Parts,
    pub(crate) pages: PageKey,
}

#[tonic::async_trait]
impl ImportService for ImportRpc {
    async fn upload_import(
        &self,
        request: Request<Streaming<proto::UploadImportRequest>>,
    ) -> Result<Response<proto::UploadImportResponse>, Status> {
        let mut call = StreamCall::accept(request)?;
        let first = call.next().await?.ok_or_else(empty_stream)?;
        let organization = call.organization()?;
        let person = call.caller.person().ok_or_else(Refusal::permission_denied)?;
        let command = Upload {
            organization,
            uploader: person.id,
            file_name: file_name(&first),
            sha256: sha256(&first)?,
            key: upload_key(&call.caller, &first)?,
        };
        let context = match admit(&self.parts, organization).await {
            Ok(context) => context,
            Err(why) => return Ok(Response::new(repeat(&self.parts, command.key, why).await?)),
        };
        let mut bytes = Bytes::none(&self.parts);
        bytes.take(&first.chunk)?;
        while let Some(message) = call.next().await? {
            bytes.take(&message.chunk)?;
        }
        Ok(Response::new(upload(&self.parts, command, context, bytes).await?))
    }

    async fn get_import(
        &self,
        request: Request<proto::GetImportRequest>,
    ) -> Result<Response<proto::GetImportResponse>, Status> {
        let (_, name) = Call::read(request, |call, violations| {
            parse::import(call, violations, "name", &call.message.name)
        })?;
        let reading = self
            .parts
            .database
            .read_boxed(move |c| Box::pin(imports::find(c, name.organization, name.import)));
        let found = reading.await.map_err(Error::from)?.ok_or(Error::NotFound)?;
        let import = Some(convert::import(&found, self.parts.clock.now()));
        Ok(Response::new(proto::GetImportResponse { import }))
    }

    async fn list_import_rows(
        &self,
        request: Request<proto::ListImportRowsRequest>,
    ) -> Result<Response<proto::ListImportRowsResponse>, Status> {
        let (call, (name, states)) = Call::read(request, parse::listed_rows)?;
        let (organization, id, asked) = (name.organization, name.import, &call.message);
        let filter = format!("{} {:?}", asked.parent, asked.states);
        let list = call.list(&filter, asked.page_size, &asked.page_token);
        let fetch = |after: Option<i32>, limit| {
            self.parts.database.read_boxed(move |c| {
                Box::pin(async move {
                    imports::find(c, organization, id).await?.ok_or(Error::NotFound)?;
                    let after = after.unwrap_or_default();
                    Ok::<_, Error>(import_rows::page(c, organization, id, &states, after, limit).await?)
                })
            })
        };
        let show = |row: Row| convert::row(organization, &row);
        let page = self.pages.page(list, fetch, |last| last.raw.line, show).await?;
        Ok(Response::new(proto::ListImportRowsResponse {
            rows: page.items,
            next_page_token: page.next_page_token,
        }))
    }

    async fn approve_import(
        &self,
        request: Request<proto::ApproveImportRequest>,
    ) -> Result<Response<proto::ApproveImportResponse>, Status> {
        let (call, name) = Call::read(request, |call, violations| {
            parse::import(call, violations, "name", &call.message.name)
        })?;
        let command = Approve {
            organization: name.organization,
            import: name.import,
            etag: call.message.etag.clone(),
            approver: call.person()?.id,
            key: call.key(),
        };
        Ok(Response::new(approve(&self.parts, command).await?))
    }

    async fn disapprove_import(
        &self,
        request: Request<proto::DisapproveImportRequest>,
    ) -> Result<Response<proto::DisapproveImportResponse>, Status> {
        let (call, name) = Call::read(request, |call, violations| {
            parse::import(call, violations, "name", &call.message.name)
        })?;
        let key = call.key();
        Ok(Response::new(
            disapprove(&self.parts, name.organization, name.import, key).await?,
        ))
    }
}

fn empty_stream() -> Refusal {
    let mut violations = Violations::new();
    violations.add("parent", "must be named by the first message");
    violations.into_refusal()
}

fn file_name(first: &proto::UploadImportRequest) -> String {
    // Shown in the history: one line, nothing that a terminal would obey, nothing that turns or hides the rest.
    muster_text::cleaned(&first.file_name)
}

fn sha256(first: &proto::UploadImportRequest) -> Result<[u8; 32], Refusal> {
    let mut violations = Violations::new();
    let given = <[u8; 32]>::try_from(first.sha256.as_slice()).map_err(|_| "must be 32 bytes");
    violations
        .check("sha256", given)
        .ok_or_else(|| violations.into_refusal())
}

/// The digest stands for the bytes: the same request_id with another file is another request.
fn upload_key(caller: &Caller, first: &proto::UploadImportRequest) -> Result<Key, Refusal> {
    let mut violations = Violations::new();
    let request_id = match first.request_id.as_str() {
        "" => None,
        text => {
            let id = violations.check("request_id", Uuid::try_parse(text).map_err(|_| "must be a UUID"));
            Some(id.ok_or_else(|| violations.into_refusal())?)
        }
    };
    let request = proto::UploadImportRequest {
        chunk: Vec::new(),
        ..first.clone()
    };
    Ok(Key {
        caller: caller.actor(),
        method: "muster.invitation.v1.ImportService/UploadImport",
        request_id,
        request_sha256: fingerprint(&request),
    })
}
