//! The rows of an import that a request asks for.

use muster_ids::ImportName;
use muster_language::Language;
use muster_proto::invitation::v1 as pb;
use muster_refusal::Violations;
use muster_server::{Call, Parsed};
use time::OffsetDateTime;

use crate::domain::import::{ImportState, RowState};
use crate::ops::import::template::{FileFormat, TemplateSpec};
use crate::rpc::parse::{filter, send_time};

/// The states to filter imports by.
pub(super) fn listed_imports(
    call: &Call<pb::ListImportsRequest>,
    violations: &mut Violations,
) -> Parsed<Vec<ImportState>> {
    Ok(filter::<pb::ImportState, _>(
        violations,
        "states",
        &call.message.states,
    ))
}

/// As which file a template is wanted, and in which language.
pub(super) fn template(
    call: &Call<pb::DownloadImportTemplateRequest>,
    _: &mut Violations,
) -> Parsed<TemplateSpec> {
    // Any other format or language is told of by the field's rule.
    let format = match call.message.format() {
        pb::ImportFileFormat::Csv => Some(FileFormat::Csv),
        pb::ImportFileFormat::Xlsx => Some(FileFormat::Xlsx),
        pb::ImportFileFormat::Unspecified => None,
    };
    let language = call.message.language.parse().ok();
    Ok(format.map(|format| TemplateSpec { format, language }))
}

/// The import whose refused rows are wanted as a file, and in which language; `None`: in that of the organization.
pub(super) fn refused(
    call: &Call<pb::DownloadRefusedRowsRequest>,
    violations: &mut Violations,
) -> Parsed<(ImportName, Option<Language>)> {
    let name = call.name(violations);
    // Any other language is told of by the field's rule.
    let language = call.message.language.parse().ok();
    Ok(name.map(|name| (name, language)))
}

/// The import whose rows are listed, and the states of rows to filter by.
pub(super) fn listed_rows(
    call: &Call<pb::ListImportRowsRequest>,
    violations: &mut Violations,
) -> Parsed<(ImportName, Vec<RowState>)> {
    let name = call.name(violations);
    let states = filter::<pb::ImportRowState, _>(violations, "states", &call.message.states);
    Ok(name.zip(states))
}

/// The import that is approved, and when its mails go out; `None`: at once.
pub(super) fn approved(
    call: &Call<pb::ApproveImportRequest>,
    violations: &mut Violations,
    now: OffsetDateTime,
) -> Parsed<(ImportName, Option<OffsetDateTime>)> {
    let name = call.name(violations);
    let send_time = send_time(violations, "send_time", call.message.send_time, now);
    Ok(name.map(|name| (name, send_time)))
}
