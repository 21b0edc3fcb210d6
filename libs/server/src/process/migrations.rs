//! Everything that a service's database consists of.

use muster_database::idempotency;
use sqlx::migrate::Migrator;

/// The migrators of a service's database, in order: those of the libraries that keep tables in every service's, then its
/// own. Each counts its versions in a table of its own.
#[must_use]
pub fn migrators(own: &Migrator) -> [&Migrator; 4] {
    [
        &idempotency::MIGRATOR,
        &muster_messaging::MIGRATOR,
        &muster_jobs::MIGRATOR,
        own,
    ]
}
