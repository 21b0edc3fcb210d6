//! Uploading a spreadsheet: looked through, then read, previewed and stored block by block in one transaction, or not at all.
//!
//! What there is of it in memory is the file, at most as large as one may be, and some blocks of rows; of each row no more than where
//! its address was first seen.

use muster_database::idempotency::Key;
use muster_ids::{ImportId, OrganizationId, PersonId};
use prost::Message;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::preview::check;
use super::reading::{self, Blocks, Opened};
use crate::context::Context;
use crate::domain::import::{Counts, Import, ImportState, undecided_times};
use crate::domain::inviting::{InvitingContext, Plan};
use crate::domain::preview::{Preview, Previewer};
use crate::domain::spreadsheet::{Format, MAX_BYTES};
use crate::error::Error;
use crate::ops::{At, closing};
use crate::store::import::claim::save_preview;
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

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        &self.received
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

/// A file that was looked through. Until its preview is stored, other files wait to be read.
pub(crate) struct Prepared {
    import: Import,
    sha256: [u8; 32],
    inviting: InvitingContext,
    blocks: Blocks,
    _turn: Reader,
}

/// Looks the file through. Its bytes, and their room, go when its last row is read.
///
/// # Errors
/// What `UploadImport` refuses.
pub(crate) async fn prepare(
    context: &Context,
    command: &Upload,
    inviting: InvitingContext,
    bytes: Bytes,
) -> Result<Prepared, Error> {
    let turn = context.uploads.reader(command.organization).await?;
    let Opened {
        sha256,
        format,
        blocks,
    } = reading::open(bytes, command.sha256, inviting.limits.import_rows).await?;
    let (id, now) = (context.clock.new_id(), context.clock.now());
    Ok(Prepared {
        import: unread(command, format, id, now),
        sha256,
        inviting,
        blocks,
        _turn: turn,
    })
}

/// Makes its preview and stores it, row by row as the file is read.
///
/// # Errors
/// `TOO_MANY_IMPORTS`, `ORGANIZATION_NOT_ACTIVE`, or the database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    mut prepared: Prepared,
) -> Result<At<Import>, Error> {
    let (organization, time) = (prepared.import.organization, prepared.import.create_time);
    closing::refuse(tx, organization).await?;
    require_place(tx, organization, context.uploads.undecided(), time).await?;
    imports::insert(tx, &prepared.import, &prepared.sha256).await?;
    let preview = previewed(tx, &prepared.import, &prepared.inviting, &mut prepared.blocks).await?;
    Ok(At {
        thing: prepared.import.previewed(preview),
        time,
    })
}

/// What the file of an import becomes that is stored without its rows.
async fn previewed(
    tx: &mut PgConnection,
    import: &Import,
    inviting: &InvitingContext,
    blocks: &mut Blocks,
) -> Result<Preview, Error> {
    let mut previewer = Previewer::new(inviting);
    while let Some(raw) = blocks.next().await? {
        let (next, checked) = check(tx, import.name(), previewer, raw).await?;
        previewer = next;
        rows::insert(tx, import.name(), &checked.rows).await?;
        rows::save_merged(tx, import.name(), &checked.changed).await?;
    }
    let preview = previewer.end();
    save_preview(tx, import.name(), &preview).await?;
    Ok(preview)
}

/// The import before a row of it is read.
fn unread(command: &Upload, format: Format, id: ImportId, now: OffsetDateTime) -> Import {
    let (expire_time, purge_time) = undecided_times(now);
    Import {
        organization: command.organization,
        id,
        version: 1,
        state: ImportState::Uploaded,
        file_name: command.file_name.clone(),
        format,
        uploader: command.uploader,
        preview_sha256: [0; 32],
        context_sha256: [0; 32],
        counts: Counts::default(),
        group_warnings: Vec::new(),
        applied: 0,
        refused: 0,
        create_time: now,
        expire_time,
        decide_time: None,
        approval: None,
        finish_time: None,
        purge_time: Some(purge_time),
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
