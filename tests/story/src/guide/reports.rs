//! What the organization reads of its staff.

use std::collections::BTreeSet;

use anyhow::{Context, bail, ensure};
use muster_client::Client;
use muster_client::acts::{history, record};
use muster_proto::employment::v1::ListEmploymentHistoryEntriesRequest;
use muster_proto::history::v1::HistoryChange;
use muster_proto::organization::v1::Role;
use muster_proto::records::v1::{
    ExportFormat, GrantState, ListRecordHistoryEntriesRequest, ReadStaffReportRequest, RecordAccess,
    RecordAccessKind, RecordAccessReason, StaffReportEntry,
};
use muster_refusal::ErrorReason;

use super::{Guide, SOON};
use crate::expect::{expect_refusal, wait_until};
use crate::report::StepReport;

pub(super) const SENTENCE: &str = "Once your staff has granted your organization access to their learning record, you can access it from the Reports tab.";
pub(super) const TITLE: &str = "The owner reads the staff report, one record with consent and none without; the person sees who read it, and takes it back";

pub(super) async fn run(guide: &mut Guide<'_>) -> anyhow::Result<StepReport> {
    let mut report = StepReport::default();
    let first = guide.workers.first().context("nobody works here")?;
    let other = guide.workers.get(3).context("too few work here")?;
    let owner = &first.client;
    let refused = record::get(owner, &guide.learner(other)).await;
    let status = expect_refusal("a record without consent", ErrorReason::GrantRequired, refused)?;
    report.line(format!("refused without consent: {}", status.message()));

    let grant = record::grant(&other.client, &guide.organization).await?;
    let learner = guide.learner(other);
    record::get(owner, &learner).await?;
    report.line("with consent it is read");
    report.link_call("the record being read", guide.scenario, owner);
    let entries = wait_until("everybody stands in the report", "records", SOON, async || {
        let entries = staff_report(guide, owner).await?;
        Ok((entries.len() + 1 >= guide.workers.len()).then_some(entries))
    })
    .await?;
    let shared = entries.iter().filter(|entry| entry.is_shared).count();
    report.line(format!(
        "the staff report has {} employees, {shared} of whom share their records",
        entries.len()
    ));
    report.link_call("the report", guide.scenario, owner);
    for (format, begins) in [(ExportFormat::Csv, ""), (ExportFormat::Pdf, "%PDF-")] {
        let file = record::export_staff_report(owner, &guide.organization, format).await?;
        ensure!(
            file.bytes.starts_with(begins.as_bytes()) && !file.bytes.is_empty(),
            "{} is no such file",
            file.file_name
        );
        report.line(format!(
            "the same as a file: {}, {} bytes",
            file.file_name,
            file.bytes.len()
        ));
    }
    for (format, begins) in [(ExportFormat::Csv, ""), (ExportFormat::Pdf, "%PDF-")] {
        let file = record::export(owner, &learner, format).await?;
        ensure!(
            file.bytes.starts_with(begins.as_bytes()) && !file.bytes.is_empty(),
            "{} is no such file",
            file.file_name
        );
        report.line(format!("the record as a file: {}", file.file_name));
    }

    for line in who_read(&other.client).await? {
        report.line(line);
    }
    report.link_call("the log of readings", guide.scenario, &other.client);

    record::revoke_grant(&other.client, &grant.name).await?;
    let refused = record::get(owner, &learner).await;
    expect_refusal(
        "a record after the consent was taken back",
        ErrorReason::GrantRequired,
        refused,
    )?;
    let history = record::list_own_grants(&other.client).await?;
    ensure!(
        history
            .iter()
            .any(|one| one.name == grant.name && one.state() == GrantState::Revoked),
        "the history does not say that the consent was taken back"
    );
    report.line("they take the consent back, and the next reading is refused; the history has both");
    histories(guide, &mut report, owner, &learner).await?;
    Ok(report)
}

/// What the person sees of everything that was read above: by whom, what, as which file, and why it was allowed.
async fn who_read(person: &Client) -> anyhow::Result<BTreeSet<String>> {
    let accesses = record::list_own_accesses(person).await?;
    for kind in [RecordAccessKind::Record, RecordAccessKind::Report] {
        for format in [ExportFormat::Unspecified, ExportFormat::Csv, ExportFormat::Pdf] {
            let is_told = |one: &RecordAccess| one.kind() == kind && one.export_format() == format;
            ensure!(
                accesses.iter().any(is_told),
                "the person is not told of a reading: {}, {}",
                kind.as_str_name(),
                format.as_str_name()
            );
        }
    }
    accesses.iter().map(told).collect()
}

fn told(access: &RecordAccess) -> anyhow::Result<String> {
    let reader = &access.reader_display_name;
    ensure!(!reader.is_empty(), "nobody is said to have read: {access:?}");
    let organization = &access.organization_display_name;
    ensure!(
        !organization.is_empty(),
        "it is not said for whom it was read: {access:?}"
    );
    let what = match access.kind() {
        RecordAccessKind::Record => "their record",
        RecordAccessKind::Report => "their line of the staff report",
        RecordAccessKind::Unspecified => bail!("it is not said what was read: {access:?}"),
    };
    let how = match access.export_format() {
        ExportFormat::Unspecified => "on a page",
        ExportFormat::Csv => "as CSV",
        ExportFormat::CsvExcel | ExportFormat::CsvExcelSemicolon => "as CSV for Excel",
        ExportFormat::Xlsx => "as a workbook",
        ExportFormat::Pdf => "as PDF",
        ExportFormat::Json => "as JSON",
    };
    let (role, why) = match (access.reason(), access.reader_role()) {
        (RecordAccessReason::Grant, Role::Owner) => ("owner", "they had granted it"),
        (RecordAccessReason::Grant, Role::Admin) => ("administrator", "they had granted it"),
        (RecordAccessReason::Grant, Role::Viewer) => ("viewer", "they had granted it"),
        (RecordAccessReason::Staff, _) => ("registry staff", "a reason was stated"),
        _ => bail!("it is not said why it was allowed: {access:?}"),
    };
    Ok(format!(
        "the person sees that {reader}, {role}, read {what} {how} for {organization}, because {why}"
    ))
}

/// The owner reads who changed what: of everybody's employments, and of what this learner granted.
async fn histories(
    guide: &Guide<'_>,
    report: &mut StepReport,
    owner: &Client,
    learner: &str,
) -> anyhow::Result<()> {
    let request = ListRecordHistoryEntriesRequest {
        parent: guide.organization.clone(),
        subject: learner.to_owned(),
        ..ListRecordHistoryEntriesRequest::default()
    };
    let entries = history::list_of_records(owner, request).await?;
    let entries = entries.record_history_entries;
    let newest = entries.first().context("what was granted has no history")?;
    let is_revocation = |change: &HistoryChange| change.after.as_deref() == Some("REVOKED");
    ensure!(
        newest.changes.iter().any(is_revocation),
        "the history begins with {newest:?}"
    );
    let request = ListEmploymentHistoryEntriesRequest {
        parent: guide.organization.clone(),
        ..ListEmploymentHistoryEntriesRequest::default()
    };
    let of_staff = history::list_of_employments(owner, request).await?;
    let of_staff = of_staff.employment_history_entries;
    ensure!(!of_staff.is_empty(), "the employments have no history");
    report.line(format!(
        "the owner reads who changed what: {} changes of employments on the first page, {} of this learner's grants and assignments",
        of_staff.len(),
        entries.len()
    ));
    report.link_call("the history of employments", guide.scenario, owner);
    Ok(())
}

/// The whole report, page by page.
async fn staff_report(guide: &Guide<'_>, owner: &Client) -> anyhow::Result<Vec<StaffReportEntry>> {
    let mut entries = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ReadStaffReportRequest {
            parent: guide.organization.clone(),
            page_token,
            ..ReadStaffReportRequest::default()
        };
        let page = record::staff_report(owner, request).await?;
        entries.extend(page.entries);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(entries);
        }
    }
}
