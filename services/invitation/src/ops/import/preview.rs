//! Making a preview: the check of every row against the groups, locations and learners of this moment, block after block
//! in the transaction that stores it.

use std::collections::HashSet;

use muster_database::DatabaseError;
use muster_ids::ImportName;
use muster_server::Failure;
use sqlx::PgConnection;
use tokio::task::spawn_blocking;

use crate::domain::preview::{Checked, Previewer};
use crate::domain::spreadsheet::RawRow;
use crate::error::Error;
use crate::store::import::rows;
use crate::store::invitation as invitations;

/// Checks the next rows of an import, of which those before are stored. Parsing and checking happen off the runtime's
/// workers: a large file takes a second.
///
/// # Errors
/// The database's.
pub(crate) async fn check(
    tx: &mut PgConnection,
    import: ImportName,
    previewer: Previewer,
    raw: Vec<RawRow>,
) -> Result<(Previewer, Checked), Error> {
    let (mut previewer, block) = off_the_workers(move || {
        let block = previewer.read(raw);
        (previewer, block)
    })
    .await?;
    let active = invitations::active_among(tx, import.organization, &block.addresses).await?;
    let active: HashSet<String> = active.into_iter().collect();
    // Most files have no address twice.
    let earlier = match block.earlier.as_slice() {
        [] => Vec::new(),
        lines => rows::on_lines(tx, import, lines).await?,
    };
    off_the_workers(move || {
        let checked = previewer.check(block, &active, earlier);
        (previewer, checked)
    })
    .await
}

/// Runs what computes for long on a thread of its own.
pub(crate) async fn off_the_workers<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    // Fails only when the runtime is going away.
    spawn_blocking(work)
        .await
        .map_err(|_| Failure::from(DatabaseError::Unavailable(None)).into())
}
