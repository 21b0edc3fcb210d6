//! Three people by hand, and 500 rows of a spreadsheet.

use std::time::Duration;

use anyhow::{Context, ensure};
use muster_proto::invitation::v1::import_service_client::ImportServiceClient;
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{
    ApproveImportRequest, BatchCreateInvitationsRequest, CreateInvitationRequest, GetImportRequest, Import,
    ImportRow, ImportRowState, ImportState, Invitation, ListImportRowsRequest, UploadImportRequest,
};
use sha2::{Digest, Sha256};
use tokio_stream::iter;

use super::sheet::{self, LOST, ROWS};
use super::world::{World, answer, soon, until};
use super::{Step, Told};

pub(super) const STEP: Step = Step {
    title: "The owner invites three people by hand, and 500 rows from a spreadsheet",
    services: &["gateway", "invitation", "organization"],
    tell,
};

/// The piece of an upload; at most 64 KiB.
const CHUNK: usize = 16 * 1024;

fn tell(world: &mut World) -> Told<'_> {
    Box::pin(async {
        let by_hand = by_hand(world).await?;
        let mut lines = vec![format!("{by_hand} by hand")];
        let preview = upload(world).await?;
        lines.push(format!(
            "preview of {}: {} rows, {} valid, {} with warnings, {} with errors",
            preview.file_name,
            preview.row_count,
            preview.valid_count,
            preview.warning_count,
            preview.error_count
        ));
        world.import = preview.name.clone();
        lines.extend(problems(world).await?);
        let done = approve(world, &preview).await?;
        let expected = i32::try_from(ROWS - LOST)?;
        ensure!(
            done.applied_count == expected,
            "{} rows became invitations, not {expected}",
            done.applied_count
        );
        lines.push(format!(
            "approved: {} of {} rows became invitations",
            done.applied_count, done.row_count
        ));
        Ok(lines)
    })
}

async fn by_hand(world: &World) -> anyhow::Result<usize> {
    let mut invitations = InvitationServiceClient::new(world.edge.clone());
    let requests = (1..=3)
        .map(|number| CreateInvitationRequest {
            parent: world.organization.clone(),
            invitation: Some(Invitation {
                address: format!("learner-{number}@example.test"),
                groups: vec![world.group.clone()],
                ..Invitation::default()
            }),
            request_id: String::new(),
        })
        .collect();
    let request = BatchCreateInvitationsRequest {
        parent: world.organization.clone(),
        requests,
        request_id: world.request_id(),
    };
    let result = invitations
        .batch_create_invitations(world.call("owner", request)?)
        .await;
    Ok(answer("BatchCreateInvitations", result)?.invitations.len())
}

async fn upload(world: &World) -> anyhow::Result<Import> {
    let mut imports = ImportServiceClient::new(world.edge.clone());
    let bytes = sheet::bytes(world);
    let sha256 = Sha256::digest(&bytes).to_vec();
    let mut messages: Vec<UploadImportRequest> = bytes
        .chunks(CHUNK)
        .map(|chunk| UploadImportRequest {
            chunk: chunk.to_vec(),
            ..UploadImportRequest::default()
        })
        .collect();
    let first = messages.first_mut().context("the spreadsheet is empty")?;
    first.parent = world.organization.clone();
    first.file_name = "Staff list (final) 2.csv".to_owned();
    first.sha256 = sha256;
    first.request_id = world.request_id();
    let result = imports.upload_import(world.call("owner", iter(messages))?).await;
    answer("UploadImport", result)?
        .import
        .context("the answer has no import")
}

/// Every problem of every row, as the preview tells it.
async fn problems(world: &World) -> anyhow::Result<Vec<String>> {
    let states = vec![ImportRowState::Invalid.into(), ImportRowState::Merged.into()];
    let rows = rows(world, states, 100).await?;
    ensure!(
        rows.len() == LOST,
        "the preview shows {} problem rows, not {LOST}",
        rows.len()
    );
    Ok(rows
        .iter()
        .flat_map(|row| row.problems.iter().map(move |problem| (row.line, problem)))
        .map(|(line, problem)| {
            let hint = match problem.suggestion.as_str() {
                "" => String::new(),
                meant => format!(" (meant: {meant}?)"),
            };
            format!("line {line}, {}: {}{hint}", problem.column, problem.description)
        })
        .collect())
}

/// Rows of the import.
pub(super) async fn rows(world: &World, states: Vec<i32>, page_size: i32) -> anyhow::Result<Vec<ImportRow>> {
    let mut imports = ImportServiceClient::new(world.edge.clone());
    let request = ListImportRowsRequest {
        parent: world.import.clone(),
        states,
        page_size,
        page_token: String::new(),
    };
    Ok(answer(
        "ListImportRows",
        imports.list_import_rows(world.call("owner", request)?).await,
    )?
    .rows)
}

async fn approve(world: &World, preview: &Import) -> anyhow::Result<Import> {
    let mut imports = ImportServiceClient::new(world.edge.clone());
    let request = ApproveImportRequest {
        name: preview.name.clone(),
        etag: preview.etag.clone(),
        request_id: world.request_id(),
    };
    answer(
        "ApproveImport",
        imports.approve_import(world.call("owner", request)?).await,
    )?;
    until("the import is applied", Duration::from_secs(60), async || {
        let request = GetImportRequest {
            name: preview.name.clone(),
        };
        let read = soon(
            "GetImport",
            imports.get_import(world.call("owner", request)?).await,
        )?;
        Ok(read
            .and_then(|read| read.import)
            .filter(|it| matches!(it.state(), ImportState::Applied | ImportState::AppliedWithErrors)))
    })
    .await
}
