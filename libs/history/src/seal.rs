//! Entries of the history are linked into the chain of their organization, after they were committed. Whoever changes something
//! waits for no chain, and what is linked is what everybody sees: a transaction that commits late comes later in the chain,
//! whatever its numbers are.

use muster_database::{Database, DatabaseError};
use muster_jobs::Batch;
use sqlx::PgConnection;

use crate::entry::CURRENT;
use crate::store::{self, Head};

/// Entries that are looked at for organizations of which something is to be sealed, and that are sealed of each.
const MAX_AT_ONCE: i64 = 200;

/// Seals what was written since.
#[derive(Debug, Clone)]
pub struct SealHistory(pub Database);

impl Batch for SealHistory {
    const NAME: &'static str = "history-seals";
    type Error = DatabaseError;

    async fn step(&self) -> Result<usize, DatabaseError> {
        let waiting = async |db: &mut PgConnection| store::find_unsealed(db, MAX_AT_ONCE).await;
        let waiting = self.0.read(waiting).await?;
        if waiting.is_empty() {
            return Ok(0);
        }
        let sealing = self.0.write(async |tx: &mut PgConnection| {
            let mut count = 0;
            for head in store::lock_heads(tx, &waiting).await? {
                count += seal(tx, head).await?;
            }
            Ok::<_, DatabaseError>(count)
        });
        sealing.await
    }
}

/// Tells how many were sealed.
async fn seal(tx: &mut PgConnection, mut head: Head) -> Result<usize, DatabaseError> {
    // A statement of its own, after the lock: it sees what whoever had the lock before has sealed.
    let entries = store::list_unsealed(tx, head.organization, MAX_AT_ONCE).await?;
    let mut sealed = Vec::with_capacity(entries.len());
    for mut entry in entries {
        entry.format = CURRENT;
        if let Some(next) = head.seal.next(&entry) {
            head.seal = next.clone();
            sealed.push((entry.number, next));
        }
    }
    if !sealed.is_empty() {
        store::seal(tx, &head, &sealed).await?;
    }
    Ok(sealed.len())
}
