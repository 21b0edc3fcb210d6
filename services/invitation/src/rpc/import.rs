//! `ImportService`: spreadsheets of invitations.

mod file;
mod parse;
mod upload;

use futures::stream::{BoxStream, StreamExt as _};
use muster_ids::ImportName;
use muster_proto::answer;
use muster_proto::invitation::v1 as pb;
use muster_proto::invitation::v1::import_service_server::ImportService;
use muster_refusal::Refusal;
use muster_server::Failure;
use muster_server::{Call, StreamCall};
use tonic::{Request, Response, Status, Streaming};

use super::Rpc;
use crate::context::Context;
use crate::convert;
use crate::domain::import::{Import, Row};
use crate::error::Error;
use crate::ops::At;
use crate::ops::import::approve::{self, Approve};
use crate::ops::import::disapprove;
use crate::ops::import::refused::refused;
use crate::ops::import::template::template;
use crate::ops::import::watch::watch;
use crate::store::import::{find, list, rows};

#[tonic::async_trait]
impl ImportService for Rpc {
    async fn upload_import(
        &self,
        request: Request<Streaming<pb::UploadImportRequest>>,
    ) -> Result<Response<pb::UploadImportResponse>, Status> {
        let call = StreamCall::accept(request)?;
        Ok(Response::new(upload::upload_import(&self.context, call).await?))
    }

    async fn download_import_template(
        &self,
        request: Request<pb::DownloadImportTemplateRequest>,
    ) -> Result<Response<pb::DownloadImportTemplateResponse>, Status> {
        let (call, wanted) = Call::read(request, parse::template)?;
        let (format, language, data) = template(&self.context, call.organization()?, wanted).await?;
        Ok(Response::new(file::template(format, language, data)))
    }

    type DownloadRefusedRowsStream = BoxStream<'static, Result<pb::DownloadRefusedRowsResponse, Status>>;

    async fn download_refused_rows(
        &self,
        request: Request<pb::DownloadRefusedRowsRequest>,
    ) -> Result<Response<Self::DownloadRefusedRowsStream>, Status> {
        let (_, (name, language)) = Call::read(request, parse::refused)?;
        let (mut file, pieces) = refused(&self.context, name, language).await?;
        let piece = move |piece: Result<Vec<u8>, Error>| match piece {
            Ok(data) => Ok(file::refused_rows(
                std::mem::take(&mut file.name),
                file.media_type,
                data,
            )),
            Err(error) => Err(error.into()),
        };
        Ok(Response::new(pieces.map(piece).boxed()))
    }

    async fn list_imports(
        &self,
        request: Request<pb::ListImportsRequest>,
    ) -> Result<Response<pb::ListImportsResponse>, Status> {
        let (call, states) = Call::read(request, parse::listed_imports)?;
        let (organization, time) = (call.organization()?, self.context.clock.now());
        let fetch = async |after, limit| {
            let page = async |c: &mut _| list::page(c, organization, &states, after, limit, time).await;
            self.context.database.read(page).await.map_err(Error::from)
        };
        let show = |thing: Import| pb::Import::from(At { thing, time });
        let page = call
            .page_with(&self.context.page_key, fetch, |last| last.id, show)
            .await?;
        Ok(Response::new(pb::ListImportsResponse {
            imports: page.items,
            next_page_token: page.next_page_token,
        }))
    }

    async fn get_import(
        &self,
        request: Request<pb::GetImportRequest>,
    ) -> Result<Response<pb::GetImportResponse>, Status> {
        let (_, name): (_, ImportName) = Call::read(request, |call, violations| Ok(call.name(violations)))?;
        let Context { database, clock, .. } = &self.context;
        let finding = database.read(async |c| find(c, name.organization, name.import).await);
        let thing = finding
            .await
            .map_err(Error::from)?
            .ok_or_else(Refusal::not_found)?;
        let time = clock.now();
        Ok(Response::new(answer(At { thing, time })))
    }

    type WatchImportStream = BoxStream<'static, Result<pb::WatchImportResponse, Status>>;

    async fn watch_import(
        &self,
        request: Request<pb::WatchImportRequest>,
    ) -> Result<Response<Self::WatchImportStream>, Status> {
        let (_, name): (_, ImportName) = Call::read(request, |call, violations| Ok(call.name(violations)))?;
        let told = watch(&self.context, name).await?;
        let message = |told: Result<At<Import>, Error>| match told {
            Ok(import) => Ok(answer(import)),
            Err(error) => Err(Status::from(Refusal::from(error))),
        };
        Ok(Response::new(told.map(message).boxed()))
    }

    async fn list_import_rows(
        &self,
        request: Request<pb::ListImportRowsRequest>,
    ) -> Result<Response<pb::ListImportRowsResponse>, Status> {
        let (call, (name, states)) = Call::read(request, parse::listed_rows)?;
        let (organization, import) = (name.organization, name.import);
        let fetch = async |after: Option<i32>, limit| {
            let page = async |c: &mut _| {
                find(c, organization, import).await?.ok_or(Failure::NotFound)?;
                let after = after.unwrap_or_default();
                Ok::<_, Error>(rows::page(c, organization, import, &states, after, limit).await?)
            };
            self.context.database.read(page).await
        };
        let show = |row: Row| convert::row(organization, row);
        let page = call
            .page_with(&self.context.page_key, fetch, |last| last.raw.line, show)
            .await?;
        Ok(Response::new(pb::ListImportRowsResponse {
            rows: page.items,
            next_page_token: page.next_page_token,
        }))
    }

    async fn approve_import(
        &self,
        request: Request<pb::ApproveImportRequest>,
    ) -> Result<Response<pb::ApproveImportResponse>, Status> {
        let now = self.context.clock.now();
        let (call, (name, send_time)) =
            Call::read(request, |call, violations| parse::approved(call, violations, now))?;
        let command = Approve {
            organization: name.organization,
            import: name.import,
            etag: call.message.etag.clone(),
            approver: call.person()?.id,
            send_time,
        };
        let (context, mut is_stale) = (&self.context, false);
        let prepare = async || Ok(approve::prepare(context, &command).await);
        let apply = async |tx: &mut _, asked| {
            let approved = approve::apply(tx, context, &command, asked).await;
            is_stale = matches!(approved, Err(Error::PreviewStale));
            approved
        };
        let answer = call.once_prepared(&context.database, now, prepare, apply).await;
        if is_stale {
            approve::make_again(context, &command).await;
        }
        context.import_waits.notify_one();
        answer
    }

    async fn disapprove_import(
        &self,
        request: Request<pb::DisapproveImportRequest>,
    ) -> Result<Response<pb::DisapproveImportResponse>, Status> {
        let (call, name): (_, ImportName) =
            Call::read(request, |call, violations| Ok(call.name(violations)))?;
        let Context { database, clock, .. } = &self.context;
        let work = async |tx: &mut _| disapprove::apply(tx, &self.context, name).await;
        call.once(database, clock.now(), work).await
    }
}
