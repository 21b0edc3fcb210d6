//! The rows of an import that became nothing, as a file that is written as it is read.

use futures::stream::{self, Stream, StreamExt as _};
use muster_ids::ImportName;
use muster_server::Failure;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::import::refused::{RefusedFile, STATES};
use crate::error::Error;
use crate::store::import::{find, rows};

/// How many rows are read at a time: a file of a hundred thousand takes no more memory than one of a thousand.
const ROWS_AT_ONCE: i64 = 1_000;

/// What the file is called, and its pieces.
///
/// # Errors
/// What `DownloadRefusedRows` refuses; a piece, when the database cannot be asked any more.
pub(crate) async fn refused(
    context: &Context,
    name: ImportName,
) -> Result<(String, impl Stream<Item = Result<String, Error>> + use<>), Error> {
    let finding = async |c: &mut PgConnection| find(c, name.organization, name.import).await;
    let import = context.database.read(finding).await?.ok_or(Failure::NotFound)?;
    if import.purge_time.is_none() {
        return Err(Error::RowsDeleted);
    }
    let file = RefusedFile::of(&import);
    let header = stream::iter([Ok(file.header())]);
    let file_name = file.name.clone();
    let context = context.clone();
    let pieces = stream::try_unfold(0, move |after| {
        let (context, file) = (context.clone(), file.clone());
        async move { piece(&context, &file, name, after).await }
    });
    Ok((file_name, header.chain(pieces)))
}

/// The lines of the rows after line `after`, and which is the last of them; nothing when there are no more.
async fn piece(
    context: &Context,
    file: &RefusedFile,
    name: ImportName,
    after: i32,
) -> Result<Option<(String, i32)>, Error> {
    let reading = async |c: &mut PgConnection| {
        rows::page(c, name.organization, name.import, &STATES, after, ROWS_AT_ONCE).await
    };
    let rows = context.database.read(reading).await?;
    let last = rows.last().map(|row| row.raw.line);
    Ok(last.map(|last| (file.lines(&rows), last)))
}
