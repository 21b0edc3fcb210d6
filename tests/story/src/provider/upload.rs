//! By spreadsheet: as text and as a workbook.

use std::time::{Duration, SystemTime};

use anyhow::{Context, ensure};
use muster_client::acts::{import, invitation};
use muster_clock::Clock;
use muster_proto::invitation::v1::{
    DeliveryState, Import, ImportFileFormat, ImportRowState, ImportState, InvitationState, ListImportsRequest,
};
use rust_xlsxwriter::{Workbook, XlsxError};

use super::{GROUPS, LOCATION, Provider, SOON};
use crate::expect::{unless_unavailable, wait_until};
use crate::invite::rows;
use crate::report::StepReport;

pub(super) const SENTENCE: &str = "Review the preview of your import file. If all looks good, click Approve or click Disapprove if something looks off.";
pub(super) const TITLE: &str = "The owner downloads the template, uploads it as text and disapproves, uploads a workbook and approves, and mends what was refused for a scheduled time";

/// How many of the list are right.
pub(super) const RIGHT: usize = 40;

pub(super) async fn run(provider: &mut Provider<'_>) -> anyhow::Result<StepReport> {
    let mut report = StepReport::default();
    let (owner, organization) = (provider.owner.clone(), provider.organization.clone());
    for (format, begin) in [
        (ImportFileFormat::Xlsx, "PK"),
        (ImportFileFormat::Csv, "\u{feff}"),
    ] {
        let template = import::template(&owner, &organization, format).await?;
        let mut bytes = template.file.unwrap_or_default().data;
        ensure!(
            bytes.starts_with(begin.as_bytes()),
            "{} is no such file",
            template.file_name
        );
        report.line(format!(
            "the template {}: {} bytes",
            template.file_name,
            bytes.len()
        ));
        if format == ImportFileFormat::Csv {
            let row = format!("{},{},{LOCATION}\r\n", provider.learner("list-1"), GROUPS[1]);
            bytes.extend(row.as_bytes());
            let off = import::upload(&owner, &organization, "learners.csv", &bytes).await?;
            let dropped = import::disapprove(&owner, &off.name).await?;
            ensure!(
                dropped.state() == ImportState::Disapproved,
                "it is {:?}",
                dropped.state()
            );
            report.line(
                "filled in and uploaded as CSV it is previewed; the owner disapproves, and nobody is invited",
            );
        }
    }

    let before = provider.listed(&[]).await?.len();
    let list = workbook(provider, "mandated reporters")?;
    let preview = import::upload(&owner, &organization, "learners.xlsx", &list).await?;
    ensure!(
        preview.sheet == "Learners",
        "the sheet {} was read",
        preview.sheet
    );
    report.line(format!(
        "the sheet {} of a workbook: {} rows, {} valid, {} with errors",
        preview.sheet, preview.row_count, preview.valid_count, preview.error_count
    ));
    let states = vec![ImportRowState::Invalid.into()];
    for row in rows(&owner, &preview.name, states, 10).await? {
        let problem = row.problems.first().context("a row is lost without a reason")?;
        report.line(format!(
            "  row {}: {} (meant: {}?)",
            row.line, problem.description, problem.suggestion
        ));
    }
    report.link_call("the preview", provider.scenario, &owner);
    approved(provider, &preview, None).await?;
    let refused = import::refused_rows(&owner, &preview.name).await?;
    let again = import::upload(&owner, &organization, "refused learners.xlsx", &refused).await?;
    ensure!(
        (again.row_count, again.error_count) == (1, 1),
        "uploaded unchanged the refused rows say something else: {again:?}"
    );
    report.line("approved; what was refused comes back as a workbook, and uploaded unchanged says the same");

    let mended = workbook(provider, GROUPS[0])?;
    let mended = import::upload(&owner, &organization, "learners mended.xlsx", &mended).await?;
    ensure!(mended.error_count == 0, "{} errors are left", mended.error_count);
    let tomorrow = Clock::system().now() + Duration::from_secs(24 * 60 * 60);
    approved(provider, &mended, Some(tomorrow.into())).await?;
    let after = provider.listed(&[]).await?.len();
    ensure!(
        after - before == RIGHT + 1,
        "{} became {after}: somebody is doubled",
        before
    );
    report.line("mended and uploaded as a whole it invites the one that was missing, and nobody twice");
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
    let moved = invitation::reschedule(&owner, &waiting.name, soon.into()).await?;
    ensure!(
        moved.send_time.map(|at| at.seconds) < waiting.send_time.map(|at| at.seconds),
        "{last} still waits until {:?}",
        moved.send_time
    );
    report.line("approved for tomorrow they are Prospect until then; the owner moves the one that is missing to this very minute");
    let history = ListImportsRequest {
        parent: organization,
        ..ListImportsRequest::default()
    };
    let history = import::list(&owner, history).await?.imports;
    let told: Vec<String> = history
        .iter()
        .map(|one| {
            format!(
                "{} {}",
                one.file_name,
                one.state().as_str_name().trim_start_matches("IMPORT_STATE_")
            )
        })
        .collect();
    report.line(format!("the history: {}", told.join(", ")));
    report.link_call("the history", provider.scenario, &owner);
    Ok(report)
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

/// The list, the last of whom is to be in `group`.
fn workbook(provider: &Provider<'_>, group: &str) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("Learners")?;
    let mut rows = vec![["Email".to_owned(), "Groups".to_owned(), "Location".to_owned()]];
    for number in 1..=RIGHT + 1 {
        let group = if number > RIGHT { group } else { GROUPS[number % 2] };
        let address = provider.learner(&format!("list-{number}"));
        rows.push([address, group.to_owned(), LOCATION.to_owned()]);
    }
    for (line, row) in (0..).zip(&rows) {
        for (column, cell) in (0..).zip(row) {
            sheet.write_string(line, column, cell)?;
        }
    }
    workbook.save_to_buffer()
}
