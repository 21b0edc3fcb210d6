//! Making a preview: the check of every row against the groups, locations and learners of this moment.

use std::collections::HashSet;

use muster_database::{Database, DatabaseError};
use muster_ids::OrganizationId;
use muster_server::Failure;
use tokio::task::spawn_blocking;

use crate::domain::inviting::InvitingContext;
use crate::domain::preview::{Preview, canonical_addresses, preview};
use crate::domain::spreadsheet::RawRow;
use crate::error::Error;
use crate::store::invitation as invitations;

/// How many addresses are asked for in one statement.
const ADDRESSES_AT_ONCE: usize = 5_000;

/// Previews rows. Parsing and checking happen off the runtime's workers: a large file takes a second.
///
/// # Errors
/// The database's.
pub(crate) async fn make(
    database: &Database,
    organization: OrganizationId,
    inviting: InvitingContext,
    rows: Vec<RawRow>,
) -> Result<Preview, Error> {
    let (rows, addresses) = off_the_workers(move || {
        let addresses = canonical_addresses(&rows);
        (rows, addresses)
    })
    .await?;
    let mut active = HashSet::new();
    for addresses in addresses.chunks(ADDRESSES_AT_ONCE) {
        let looking = database.read(async |c| invitations::active_among(c, organization, addresses).await);
        active.extend(looking.await?);
    }
    off_the_workers(move || preview(rows, &inviting, &active)).await
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
