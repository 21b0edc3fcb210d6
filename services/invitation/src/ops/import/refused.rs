//! The rows of an import that became nothing, as a file that is written as it is read.

use futures::stream::{self, Stream, StreamExt as _};
use muster_ids::{ImportName, OrganizationId};
use muster_language::Language;
use muster_server::Failure;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::import::refused::{RefusedFile, STATES};
use crate::error::Error;
use crate::organization::ContextQuery;
use crate::store::import::{find, rows};

/// How many rows are read at a time: a file of a hundred thousand takes no more memory than one of a thousand.
const ROWS_AT_ONCE: i64 = 1_000;

/// The file, before its first row is read.
pub(crate) struct Begun {
    pub(crate) name: String,
    pub(crate) media_type: &'static str,
}

/// What the file is, and its pieces; in the language of the organization, unless one is said.
///
/// # Errors
/// What `DownloadRefusedRows` refuses; a piece, when the database cannot be asked any more.
pub(crate) async fn refused(
    context: &Context,
    name: ImportName,
    language: Option<Language>,
) -> Result<(Begun, impl Stream<Item = Result<Vec<u8>, Error>> + use<>), Error> {
    let finding = async |c: &mut PgConnection| find(c, name.organization, name.import).await;
    let import = context.database.read(finding).await?.ok_or(Failure::NotFound)?;
    if import.purge_time.is_none() {
        return Err(Error::RowsDeleted);
    }
    let language = match language {
        Some(language) => language,
        None => language_of(context, name.organization).await?,
    };
    let mut file = RefusedFile::of(&import, language)?;
    let begun = Begun {
        name: file.name.clone(),
        media_type: file.media_type(),
    };
    let begin = stream::iter([Ok(file.begin())]);
    let context = context.clone();
    let pieces = stream::try_unfold(Some((file, 0)), move |left| {
        let context = context.clone();
        async move {
            match left {
                Some((file, after)) => piece(&context, file, name, after).await.map(Some),
                None => Ok(None),
            }
        }
    });
    Ok((begun, begin.chain(pieces)))
}

/// In which the organization speaks to people.
async fn language_of(context: &Context, organization: OrganizationId) -> Result<Language, Error> {
    let nothing = ContextQuery::default();
    let inviting = context.organization.context_of(organization, &nothing).await?;
    Ok(inviting.language)
}

/// A piece of a file, and the rest of it with the last row that was written; nothing where the piece was the last.
type Piece = (Vec<u8>, Option<(RefusedFile, i32)>);

/// The rows after line `after`, or the end of the file.
async fn piece(
    context: &Context,
    mut file: RefusedFile,
    name: ImportName,
    after: i32,
) -> Result<Piece, Error> {
    let reading = async |c: &mut PgConnection| {
        rows::page(c, name.organization, name.import, &STATES, after, ROWS_AT_ONCE).await
    };
    let rows = context.database.read(reading).await?;
    match rows.last().map(|row| row.raw.line) {
        Some(last) => Ok((file.rows(&rows)?, Some((file, last)))),
        None => Ok((file.end()?, None)),
    }
}
