//! A spreadsheet to fill in, with what the organization has.

use muster_ids::OrganizationId;
use muster_language::Language;

use super::preview::off_the_workers;
use crate::context::Context;
use crate::domain::import::template;
use crate::error::Error;

/// As which file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileFormat {
    Csv,
    Xlsx,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TemplateSpec {
    pub(crate) format: FileFormat,
    /// That of the organization, unless it is said.
    pub(crate) language: Option<Language>,
}

/// The bytes of the file, with what they are.
///
/// # Errors
/// What `DownloadImportTemplate` refuses.
pub(crate) async fn template(
    context: &Context,
    organization: OrganizationId,
    wanted: TemplateSpec,
) -> Result<(FileFormat, Language, Vec<u8>), Error> {
    let TemplateSpec { format, language } = wanted;
    let inviting = context.organization.active_context(organization).await?;
    let now = context.clock.now();
    let language = language.unwrap_or(inviting.language);
    let bytes = match format {
        FileFormat::Csv => template::csv(language),
        FileFormat::Xlsx => off_the_workers(move || template::xlsx(&inviting, language, now)).await??,
    };
    Ok((format, language, bytes))
}
