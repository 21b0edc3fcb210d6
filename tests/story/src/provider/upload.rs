//! By spreadsheet: as text and as a workbook.

use std::time::{Duration, SystemTime};

use anyhow::{Context, ensure};
use muster_client::acts::{import, invitation};
use muster_clock::Clock;
use muster_proto::invitation::v1::{
    DeliveryState, Import, ImportFileFormat, ImportRowState, ImportState, InvitationState, ListImportsRequest,
};
use muster_refusal::ErrorReason;

use super::{GROUPS, LOCATION, Provider, SOON, by_hand, setup, workbook};
use crate::expect::{expect_refusal, unless_unavailable, wait_until};
use crate::invite::rows;
use crate::report::StepReport;

pub(super) const SENTENCE: &str = "Review the preview of your import file. If all looks good, click Approve or click Disapprove if something looks off.";
pub(super) const TITLE: &str = "A list with a row too many is refused whole; the owner downloads the template and fills it in, as text, which is disapproved, and as a workbook, which is approved; what is wrong in it is mended in its own file and goes out at a scheduled time";

const UP_TO: &str = "You can invite up to 500 users at a time by using the Upload Learners option.";

/// How many of the list are right.
pub(super) const RIGHT: usize = 40;
/// How somebody wrote the first of the groups.
const WRONG: &str = "mandated reporters";

pub(super) async fn run(provider: &mut Provider<'_>) -> anyhow::Result<StepReport> {
    let mut report = StepReport::default();
    let before = provider.listed(&[]).await?.len();
    too_many(provider, &mut report).await?;
    as_text(provider, &mut report).await?;
    ensure!(
        provider.listed(&[]).await?.len() == before,
        "what was disapproved has invited somebody"
    );
    let template = as_workbook(provider, &mut report).await?;
    let filled = workbook::filled(&template, &list(provider, WRONG))?;
    let refused = approve_list(provider, &filled, &mut report).await?;
    mend(provider, &refused, &mut report).await?;

    let after = provider.listed(&[]).await?.len();
    ensure!(after - before == RIGHT + 1, "{before} became {after}");
    let sent = by_hand::NOW + i64::try_from(RIGHT + 1)?;
    provider.pending(sent).await?;
    let whole = workbook::filled(&template, &list(provider, GROUPS[0]))?;
    let whole = upload(provider, "learners, all of them.xlsx", &whole).await?;
    approved(provider, &whole, None).await?;
    ensure!(
        provider.listed(&[]).await?.len() == after,
        "the whole list once more has doubled somebody"
    );
    report.line("the whole list once more, mended: nobody is doubled");
    history(provider, &mut report).await?;
    Ok(report)
}

/// One row more than the plan has is refused whole: nobody has to find out which rows were left out.
async fn too_many(provider: &Provider<'_>, report: &mut StepReport) -> anyhow::Result<()> {
    report.quote(UP_TO);
    let rows = setup::PREMIUM.import_rows + 1;
    let row = |number| {
        let address = provider.learner(&format!("list-{number}"));
        format!("{address},{},{LOCATION}\r\n", GROUPS[0])
    };
    let rows_of_it: String = (1..=rows).map(row).collect();
    let bytes = format!("email,groups,location\r\n{rows_of_it}").into_bytes();
    let refused = import::upload(&provider.owner, &provider.organization, "everybody.csv", &bytes).await;
    let status = expect_refusal("a row too many", ErrorReason::ImportTooLarge, refused)?;
    report.line(format!("{rows} rows in one file: {}", status.message()));
    Ok(())
}

/// The template as text, filled in, uploaded and disapproved.
async fn as_text(provider: &Provider<'_>, report: &mut StepReport) -> anyhow::Result<()> {
    let owner = &provider.owner;
    let template = import::template(owner, &provider.organization, ImportFileFormat::Csv).await?;
    let mut bytes = template.file.unwrap_or_default().data;
    ensure!(
        bytes.starts_with("\u{feff}email,groups,location".as_bytes()),
        "{} is no such file",
        template.file_name
    );
    let row = format!("{},{},{LOCATION}\r\n", provider.learner("list-1"), GROUPS[1]);
    bytes.extend(row.as_bytes());
    let preview = upload(provider, "learners.csv", &bytes).await?;
    ensure!(
        (preview.valid_count, preview.error_count) == (1, 0),
        "the template filled in is not valid: {preview:?}"
    );
    let dropped = import::disapprove(owner, &preview.name).await?;
    ensure!(
        dropped.state() == ImportState::Disapproved,
        "it is {:?}",
        dropped.state()
    );
    report.line(format!(
        "the template {} filled in and uploaded: a preview of 1 row; the owner disapproves, and nobody is invited",
        template.file_name
    ));
    Ok(())
}

/// The template as a workbook, which offers what the organization has.
async fn as_workbook(provider: &Provider<'_>, report: &mut StepReport) -> anyhow::Result<Vec<u8>> {
    let template = import::template(&provider.owner, &provider.organization, ImportFileFormat::Xlsx).await?;
    let bytes = template.file.unwrap_or_default().data;
    for choice in GROUPS.into_iter().chain([LOCATION]) {
        ensure!(workbook::says(&bytes, choice)?, "{choice} cannot be chosen in it");
    }
    report.line(format!(
        "the template {}: {} bytes, with the groups and the location of the organization to choose from",
        template.file_name,
        bytes.len()
    ));
    report.link_call("the template", provider.scenario, &provider.owner);
    Ok(bytes)
}

/// Uploads the list and approves what is right of it; the file of the rest.
async fn approve_list(
    provider: &Provider<'_>,
    list: &[u8],
    report: &mut StepReport,
) -> anyhow::Result<Vec<u8>> {
    let owner = &provider.owner;
    let preview = upload(provider, "learners.xlsx", list).await?;
    report.line(format!(
        "filled in and uploaded, the sheet {}: {} rows, {} valid, {} with errors",
        preview.sheet, preview.row_count, preview.valid_count, preview.error_count
    ));
    ensure!(
        (usize::try_from(preview.valid_count)?, preview.error_count) == (RIGHT, 1),
        "the preview counts otherwise: {preview:?}"
    );
    let states = vec![ImportRowState::Invalid.into()];
    for row in rows(owner, &preview.name, states, 10).await? {
        let problem = row.problems.first().context("a row is lost without a reason")?;
        report.line(format!(
            "  row {}: {} (meant: {}?)",
            row.line, problem.description, problem.suggestion
        ));
    }
    report.link_call("the preview", provider.scenario, owner);
    approved(provider, &preview, None).await?;
    report.line("approved: those whose rows are right are invited at once");
    Ok(import::refused_rows(owner, &preview.name).await?)
}

/// What was refused says the same when it is uploaded as it is; mended in its own file it invites, at a scheduled time.
async fn mend(provider: &Provider<'_>, refused: &[u8], report: &mut StepReport) -> anyhow::Result<()> {
    let owner = &provider.owner;
    let again = upload(provider, "refused learners.xlsx", refused).await?;
    ensure!(
        (again.row_count, again.error_count) == (1, 1),
        "uploaded unchanged the refused rows say something else: {again:?}"
    );
    let mended = workbook::mended(refused, WRONG, GROUPS[0])?;
    let mended = upload(provider, "mended learners.xlsx", &mended).await?;
    ensure!(
        (mended.row_count, mended.valid_count) == (1, 1),
        "mended it is not valid: {mended:?}"
    );
    report.line(
        "what was refused comes back as a workbook: uploaded unchanged it says the same, mended it is valid",
    );
    let tomorrow = Clock::system().now() + Duration::from_secs(24 * 60 * 60);
    approved(provider, &mended, Some(tomorrow.into())).await?;
    let waiting = provider.listed(&[InvitationState::Prospect]).await?;
    let last = provider.learner(&format!("list-{}", RIGHT + 1));
    let waiting = waiting.iter().find(|one| one.address == last);
    let waiting = waiting.context("whoever was missing is not Prospect until tomorrow")?;
    ensure!(
        waiting.delivery_state() == DeliveryState::Scheduled,
        "{last} is {:?}",
        waiting.delivery_state()
    );
    let soon = Clock::system().now() + Duration::from_secs(2);
    let moved = invitation::reschedule(owner, &waiting.name, soon.into()).await?;
    ensure!(
        moved.send_time.map(|at| at.seconds) < waiting.send_time.map(|at| at.seconds),
        "{last} still waits until {:?}",
        moved.send_time
    );
    report.line("approved for tomorrow they are Prospect until then; the owner moves it to this very minute");
    Ok(())
}

/// Every file is listed, with what became of it.
async fn history(provider: &Provider<'_>, report: &mut StepReport) -> anyhow::Result<()> {
    let request = ListImportsRequest {
        parent: provider.organization.clone(),
        ..ListImportsRequest::default()
    };
    let history = import::list(&provider.owner, request).await?.imports;
    let state_of = |file: &str| {
        history
            .iter()
            .find(|one| one.file_name == file)
            .map(Import::state)
    };
    ensure!(
        state_of("learners.csv") == Some(ImportState::Disapproved)
            && state_of("learners.xlsx") == Some(ImportState::AppliedWithErrors)
            && state_of("mended learners.xlsx") == Some(ImportState::Applied),
        "the history says otherwise: {history:?}"
    );
    let told: Vec<String> = history
        .iter()
        .map(|one| {
            let state = one.state().as_str_name();
            format!("{} {}", one.file_name, state.trim_start_matches("IMPORT_STATE_"))
        })
        .collect();
    report.line(format!("the history: {}", told.join(", ")));
    report.link_call("the history", provider.scenario, &provider.owner);
    Ok(())
}

async fn upload(provider: &Provider<'_>, name: &str, bytes: &[u8]) -> anyhow::Result<Import> {
    Ok(import::upload(&provider.owner, &provider.organization, name, bytes).await?)
}

/// Approves it, to be mailed at once or at a time, and waits until it is done.
async fn approved(
    provider: &Provider<'_>,
    preview: &Import,
    send_time: Option<SystemTime>,
) -> anyhow::Result<()> {
    let owner = &provider.owner;
    match send_time {
        Some(at) => import::approve_for(owner, &preview.name, &preview.etag, at).await?,
        None => import::approve(owner, &preview.name, &preview.etag).await?,
    };
    wait_until("the import is applied", "invitation", SOON, async || {
        let import = unless_unavailable(import::get(owner, &preview.name).await)?;
        Ok(import.filter(|it| matches!(it.state(), ImportState::Applied | ImportState::AppliedWithErrors)))
    })
    .await
    .map(drop)
}

/// The people, the last of whom is to be in `group`.
fn list(provider: &Provider<'_>, group: &str) -> Vec<[String; 3]> {
    let row = |number: usize| {
        let group = if number > RIGHT { group } else { GROUPS[number % 2] };
        let address = provider.learner(&format!("list-{number}"));
        [address, group.to_owned(), LOCATION.to_owned()]
    };
    (1..=RIGHT + 1).map(row).collect()
}
