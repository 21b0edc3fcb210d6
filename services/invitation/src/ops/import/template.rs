//! A spreadsheet to fill in, with what the organization has.

use muster_ids::OrganizationId;

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

/// The bytes of the file.
///
/// # Errors
/// What `DownloadImportTemplate` refuses.
pub(crate) async fn template(
    context: &Context,
    organization: OrganizationId,
    format: FileFormat,
) -> Result<Vec<u8>, Error> {
    let inviting = context.organization.active_context(organization).await?;
    let now = context.clock.now();
    match format {
        FileFormat::Csv => Ok(template::csv()),
        FileFormat::Xlsx => Ok(off_the_workers(move || template::xlsx(&inviting, now)).await??),
    }
}
