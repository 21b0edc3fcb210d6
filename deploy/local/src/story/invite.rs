//! Step 3: three people by hand, and 500 rows of a spreadsheet.

use std::time::Duration;

use anyhow::{Context, ensure};
use muster_proto::invitation::v1::import_service_client::ImportServiceClient;
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{
    ApproveImportRequest, BatchCreateInvitationsRequest, CreateInvitationRequest, GetImportRequest, Import,
    ImportRow, ImportRowState, ImportState, Invitation, ListImportRowsRequest, UploadImportRequest,
};
use sha2::{Digest, Sha256};

use super::patience::{soon, until};
use super::sheet::{self, LOST, ROWS};
use super::told::Told;
use super::world::World;
use crate::edge::{Caller, Failed, request_id};

pub(super) const TITLE: &str = "The owner invites three people by hand, and 500 rows from a spreadsheet";

/// The piece of an upload; at most 64 KiB.
const CHUNK: usize = 16 * 1024;

pub(super) async fn tell(world: &mut World) -> anyhow::Result<Told> {
    let mut told = Told::default();
    let owner = world.caller("owner")?;
    let by_hand = by_hand(&owner, world).await?;
    ensure!(
        by_hand.len() == 3,
        "{} were invited by hand, not 3",
        by_hand.len()
    );
    let addresses: Vec<_> = by_hand.into_iter().map(|it| it.address).collect();
    told.say(format!("by hand: {}", addresses.join(", ")));
    told.show_call("the three being invited", world, &owner);

    let preview = upload(&owner, world).await?;
    told.show_call("the upload and its preview", world, &owner);
    told.say(format!(
        "preview of “{}”: {} rows, {} valid, {} with warnings, {} with errors",
        preview.file_name, preview.row_count, preview.valid_count, preview.warning_count, preview.error_count
    ));
    world.import = preview.name.clone();
    told.lines.extend(problems(&owner, &preview.name).await?);

    approve(&owner, &preview).await?;
    world.approval = owner.latest_trace();
    told.show_call("the import being approved", world, &owner);
    let done = applied(&owner, &preview.name).await?;
    let expected = i32::try_from(ROWS - LOST)?;
    ensure!(
        done.applied_count == expected,
        "{} rows became invitations, not {expected}",
        done.applied_count
    );
    told.say(format!(
        "approved: {} of {} rows became invitations",
        done.applied_count, done.row_count
    ));
    Ok(told)
}

async fn by_hand(owner: &Caller, world: &World) -> Result<Vec<Invitation>, Failed> {
    let invite = |number| CreateInvitationRequest {
        parent: world.organization.clone(),
        invitation: Some(Invitation {
            address: format!("learner-{number}@example.test"),
            groups: vec![world.group.clone()],
            ..Invitation::default()
        }),
        request_id: String::new(),
    };
    let request = BatchCreateInvitationsRequest {
        parent: world.organization.clone(),
        requests: (1..=3).map(invite).collect(),
        request_id: request_id(),
    };
    let invited = owner.ask(request, async |edge, call| {
        InvitationServiceClient::new(edge)
            .batch_create_invitations(call)
            .await
    });
    Ok(invited.await?.invitations)
}

async fn upload(owner: &Caller, world: &World) -> anyhow::Result<Import> {
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
    first.request_id = request_id();
    let uploaded = owner.pour(messages, async |edge, call| {
        ImportServiceClient::new(edge).upload_import(call).await
    });
    Ok(uploaded.await?.import.unwrap_or_default())
}

/// Every problem of every row, as the preview tells it.
async fn problems(owner: &Caller, import: &str) -> anyhow::Result<Vec<String>> {
    let states = vec![ImportRowState::Invalid.into(), ImportRowState::Merged.into()];
    let rows = rows(owner, import, states, 100).await?;
    ensure!(
        rows.len() == LOST,
        "the preview shows {} problem rows, not {LOST}",
        rows.len()
    );
    let problems = rows
        .iter()
        .flat_map(|row| row.problems.iter().map(move |problem| (row.line, problem)));
    let told = problems.map(|(line, problem)| {
        let hint = match problem.suggestion.as_str() {
            "" => String::new(),
            meant => format!(" (meant: {meant}?)"),
        };
        format!("  line {line}, {}: {}{hint}", problem.column, problem.description)
    });
    Ok(told.collect())
}

/// Rows of an import.
pub(super) async fn rows(
    owner: &Caller,
    import: &str,
    states: Vec<i32>,
    page_size: i32,
) -> Result<Vec<ImportRow>, Failed> {
    let request = ListImportRowsRequest {
        parent: import.to_owned(),
        states,
        page_size,
        page_token: String::new(),
    };
    let listed = owner.ask(request, async |edge, call| {
        ImportServiceClient::new(edge).list_import_rows(call).await
    });
    Ok(listed.await?.rows)
}

async fn approve(owner: &Caller, preview: &Import) -> Result<(), Failed> {
    let request = ApproveImportRequest {
        name: preview.name.clone(),
        etag: preview.etag.clone(),
        request_id: request_id(),
    };
    let approved = owner.ask(request, async |edge, call| {
        ImportServiceClient::new(edge).approve_import(call).await
    });
    approved.await.map(drop)
}

/// The import, once it is done.
async fn applied(owner: &Caller, name: &str) -> anyhow::Result<Import> {
    let limit = Duration::from_secs(60);
    until("the import is applied", "invitation", limit, async || {
        let request = GetImportRequest {
            name: name.to_owned(),
        };
        let read = owner.ask(request, async |edge, call| {
            ImportServiceClient::new(edge).get_import(call).await
        });
        let import = soon(read.await)?.and_then(|read| read.import);
        Ok(import.filter(|it| matches!(it.state(), ImportState::Applied | ImportState::AppliedWithErrors)))
    })
    .await
}
