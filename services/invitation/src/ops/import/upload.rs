//! Uploading a spreadsheet: read, previewed and stored in one go, or not at all.

use muster_database::idempotency::Key;
use muster_ids::{OrganizationId, PersonId};
use prost::Message;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::preview::{make, off_the_workers};
use crate::context::Context;
use crate::domain::import::{Import, ImportState, Row, undecided_times};
use crate::domain::inviting::{InvitingContext, Plan};
use crate::domain::spreadsheet::{self, MAX_BYTES, Sheet};
use crate::error::Error;
use crate::ops::{At, closing};
use crate::store::import::purge::count_undecided;
use crate::store::import::{self as imports, rows};
use crate::uploads::{Pace, Reader, UploadPermit};

/// How much memory for bytes is taken at a time.
const STEP: usize = 1024 * 1024;

/// What is asked for, before the bytes.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) organization: OrganizationId,
    pub(crate) uploader: PersonId,
    pub(crate) file_name: String,
    /// What the whole file must have, if the caller says it.
    pub(crate) sha256: Option<[u8; 32]>,
}

/// The bytes that have arrived.
#[derive(Debug)]
pub(crate) struct Bytes {
    received: Vec<u8>,
    room: UploadPermit,
    pace: Pace,
}

impl Bytes {
    /// None yet.
    pub(crate) fn none(context: &Context, command: &Upload) -> Self {
        Self {
            received: Vec::new(),
            room: context.uploads.room(command.organization, command.uploader),
            pace: context.uploads.pace(),
        }
    }

    /// Waits for the next message, for as long as one may be idle.
    ///
    /// # Errors
    /// [`Error::UploadTooSlow`].
    pub(crate) async fn next<T>(&self, message: impl Future<Output = T>) -> Result<T, Error> {
        self.pace.keep(message).await
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`Error::TooLarge`] as soon as there are more than a file may have, [`Error::ShareTaken`] and [`Error::Busy`]
    /// when other uploads have taken what room there is.
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
        self.pace.received(chunk.len());
        if self.received.capacity() < used {
            // Step by step: doubling would take twice the room.
            self.received.reserve_exact(STEP);
        }
        self.received.extend_from_slice(chunk);
        Ok(())
    }
}

/// Whether an upload is taken.
#[derive(Debug)]
pub(crate) enum Admission<R> {
    /// It was made before: this was the answer.
    Answered(R),
    /// Into this.
    Admitted(InvitingContext),
}

/// Looks before the bytes are taken: whether the organization may upload at all, and whether it has a place for one more
/// import. An upload that was made before gets its answer, whatever has become of the organization.
///
/// # Errors
/// `ORGANIZATION_NOT_ACTIVE`, `SUBSCRIPTION_REQUIRED`, `TOO_MANY_IMPORTS`, `REQUEST_ID_REUSED`.
pub(crate) async fn admit<R>(
    context: &Context,
    key: &Key,
    organization: OrganizationId,
) -> Result<Admission<R>, Error>
where
    R: Message + Default,
{
    if let Some(answer) = context.database.answered(key).await? {
        return Ok(Admission::Answered(answer));
    }
    let inviting = context.organization.active_context(organization).await?;
    require_subscription(&inviting)?;
    let (limit, now) = (context.uploads.undecided(), context.clock.now());
    let looking = async |c: &mut PgConnection| require_place(c, organization, limit, now).await;
    context.database.read(looking).await?;
    Ok(Admission::Admitted(inviting))
}

/// Spreadsheets are a feature of the subscription.
pub(crate) fn require_subscription(inviting: &InvitingContext) -> Result<(), Error> {
    if inviting.plan == Plan::Premium && inviting.limits.import_rows > 0 {
        Ok(())
    } else {
        Err(Error::SubscriptionRequired)
    }
}

/// An organization has so many imports at most that nobody decided on. Looked at by itself: of concurrent uploads of
/// several processes each sees only those that were committed before.
async fn require_place(
    connection: &mut PgConnection,
    organization: OrganizationId,
    limit: i64,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let used = count_undecided(connection, organization, now).await?;
    if used < limit {
        Ok(())
    } else {
        Err(Error::TooManyImports { used, limit })
    }
}

/// A file that was read, with its preview. Until it is stored, other files wait to be read.
pub(crate) struct Prepared {
    import: Import,
    sha256: [u8; 32],
    rows: Vec<Row>,
    _reading: Reader,
}

/// Reads the file and makes its preview.
///
/// # Errors
/// What `UploadImport` refuses.
pub(crate) async fn prepare(
    context: &Context,
    command: &Upload,
    inviting: InvitingContext,
    bytes: Bytes,
) -> Result<Prepared, Error> {
    let reading = context.uploads.reader(command.organization).await?;
    let (sha256, limit) = (command.sha256, inviting.limits.import_rows);
    // The bytes go, and their room, as soon as the rows are read.
    let read = off_the_workers(move || read(&bytes.received, sha256, limit)).await?;
    let (sheet, sha256) = read?;
    let (import, rows) = previewed(context, command, inviting, sheet, context.clock.now()).await?;
    Ok(Prepared {
        import,
        sha256,
        rows,
        _reading: reading,
    })
}

/// Stores it.
///
/// # Errors
/// `TOO_MANY_IMPORTS`, `ORGANIZATION_NOT_ACTIVE`, or the database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    prepared: Prepared,
) -> Result<At<Import>, Error> {
    let Prepared {
        import: thing,
        sha256,
        rows,
        ..
    } = &prepared;
    let time = thing.create_time;
    closing::refuse(tx, thing.organization).await?;
    require_place(tx, thing.organization, context.uploads.undecided(), time).await?;
    imports::insert(tx, thing, sha256).await?;
    rows::insert_all(tx, thing.organization, thing.id, rows).await?;
    Ok(At {
        thing: prepared.import,
        time,
    })
}

async fn previewed(
    context: &Context,
    command: &Upload,
    inviting: InvitingContext,
    sheet: Sheet,
    now: OffsetDateTime,
) -> Result<(Import, Vec<Row>), Error> {
    let preview = make(&context.database, command.organization, inviting, sheet.rows).await?;
    let (expire_time, purge_time) = undecided_times(now);
    let import = Import {
        organization: command.organization,
        id: context.clock.new_id(),
        version: 1,
        state: ImportState::Ready,
        file_name: command.file_name.clone(),
        format: sheet.format,
        uploader: command.uploader,
        preview_sha256: preview.sha256,
        context_sha256: preview.context_sha256,
        counts: preview.counts,
        group_warnings: preview.group_warnings.clone(),
        applied: 0,
        refused: 0,
        create_time: now,
        expire_time,
        decide_time: None,
        approval: None,
        finish_time: None,
        purge_time: Some(purge_time),
    };
    Ok((import, preview.rows))
}

/// The rows, and the SHA-256 of the bytes.
fn read(bytes: &[u8], expected: Option<[u8; 32]>, limit: i64) -> Result<(Sheet, [u8; 32]), Error> {
    let sha256 = <[u8; 32]>::from(Sha256::digest(bytes));
    if expected.is_some_and(|expected| expected != sha256) {
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
        Ok((sheet, sha256))
    }
}
