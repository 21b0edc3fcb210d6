//! Uploading a spreadsheet: read, previewed and stored in one go, or not at all.

use muster_database::idempotency::{self, Key};
use muster_ids::{ImportId, OrganizationId, PersonId};
use muster_proto::invitation::v1::UploadImportResponse;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::preview::{make, off_the_workers};
use crate::convert;
use crate::domain::context::{Context, Plan};
use crate::domain::import::{DECIDE_WITHIN, Import, ImportState, Row};
use crate::domain::spreadsheet::{self, MAX_BYTES, Sheet};
use crate::error::Error;
use crate::parts::Parts;
use crate::store::{import_rows, imports};
use crate::uploads::Room;

/// How much memory for bytes is taken at a time.
const STEP: usize = 1024 * 1024;

/// What is asked for, before the bytes.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) organization: OrganizationId,
    pub(crate) uploader: PersonId,
    pub(crate) file_name: String,
    /// What the whole file must have.
    pub(crate) sha256: [u8; 32],
    pub(crate) key: Key,
}

/// The bytes that have arrived.
#[derive(Debug)]
pub(crate) struct Bytes {
    received: Vec<u8>,
    room: Room,
}

impl Bytes {
    /// None yet.
    pub(crate) fn none(parts: &Parts) -> Self {
        Self {
            received: Vec::new(),
            room: parts.uploads.room(),
        }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`Error::TooLarge`] as soon as there are more than a file may have, [`Error::Busy`] when other uploads have taken
    /// what room there is.
    pub(crate) fn take(&mut self, chunk: &[u8]) -> Result<(), Error> {
        let used = self.received.len() + chunk.len();
        if used > MAX_BYTES {
            let number = |bytes: usize| i64::try_from(bytes).unwrap_or(i64::MAX);
            return Err(Error::TooLarge {
                what: "bytes",
                used: number(used),
                limit: number(MAX_BYTES),
            });
        }
        self.room.take(chunk.len())?;
        if self.received.capacity() < used {
            // Step by step: doubling would take twice the room.
            self.received.reserve_exact(STEP);
        }
        self.received.extend_from_slice(chunk);
        Ok(())
    }
}

/// Whether the organization may upload at all: asked before the bytes are taken.
///
/// # Errors
/// `ORGANIZATION_NOT_ACTIVE`, `SUBSCRIPTION_REQUIRED`.
pub(crate) async fn admit(parts: &Parts, organization: OrganizationId) -> Result<Context, Error> {
    let context = parts.organization.active_context(organization).await?;
    require_subscription(&context)?;
    Ok(context)
}

/// Refuses an upload that is not admitted, without its bytes; one that was made before gets its answer, whatever has
/// become of the organization.
///
/// # Errors
/// `why`, and `REQUEST_ID_REUSED`.
pub(crate) async fn repeat(parts: &Parts, key: Key, why: Error) -> Result<UploadImportResponse, Error> {
    let now = parts.clock.now();
    idempotency::run(&parts.database, key, now, |_| Box::pin(async { Err(why) })).await
}

/// Spreadsheets are a feature of the subscription.
pub(crate) fn require_subscription(context: &Context) -> Result<(), Error> {
    if context.plan == Plan::Premium && context.limits.import_rows > 0 {
        Ok(())
    } else {
        Err(Error::SubscriptionRequired)
    }
}

/// Reads the file and stores it with its preview.
///
/// # Errors
/// What `UploadImport` refuses.
pub(crate) async fn upload(
    parts: &Parts,
    command: Upload,
    context: Context,
    bytes: Bytes,
) -> Result<UploadImportResponse, Error> {
    let _reading = parts.uploads.reader().await?;
    let (key, sha256, now) = (command.key.clone(), command.sha256, parts.clock.now());
    let previewed = previewed(parts, command, context, bytes, now).await;
    idempotency::run(&parts.database, key, now, move |tx| {
        Box::pin(async move {
            // Not before: a repeated request gets its answer, whatever has become of the plan.
            let (import, rows) = previewed?;
            imports::insert(tx, &import, &sha256).await?;
            import_rows::insert_all(tx, import.organization, import.id, &rows).await?;
            Ok(UploadImportResponse {
                import: Some(convert::import(&import, now)),
            })
        })
    })
    .await
}

async fn previewed(
    parts: &Parts,
    command: Upload,
    context: Context,
    bytes: Bytes,
    now: OffsetDateTime,
) -> Result<(Import, Vec<Row>), Error> {
    let (sha256, limit) = (command.sha256, context.limits.import_rows);
    // The bytes go, and their room, as soon as the rows are read.
    let sheet = off_the_workers(move || read(&bytes.received, sha256, limit)).await??;
    let preview = make(&parts.database, command.organization, context, sheet.rows).await?;
    let import = Import {
        organization: command.organization,
        id: ImportId::from_uuid(parts.clock.new_uuid()),
        state: ImportState::Ready,
        file_name: command.file_name,
        uploader: command.uploader,
        preview_sha256: preview.sha256,
        context_sha256: preview.context_sha256,
        counts: preview.counts,
        applied: 0,
        refused: 0,
        create_time: now,
        expire_time: now + DECIDE_WITHIN,
        decide_time: None,
        finish_time: None,
    };
    Ok((import, preview.rows))
}

fn read(bytes: &[u8], sha256: [u8; 32], limit: i64) -> Result<Sheet, Error> {
    if <[u8; 32]>::from(Sha256::digest(bytes)) != sha256 {
        return Err(Error::Checksum);
    }
    let sheet = spreadsheet::read(bytes, usize::try_from(limit).unwrap_or_default())?;
    let used = i64::try_from(sheet.count).unwrap_or(i64::MAX);
    if used > limit {
        Err(Error::TooLarge {
            what: "import_rows",
            used,
            limit,
        })
    } else {
        Ok(sheet)
    }
}
