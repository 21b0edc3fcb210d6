//! The right to work on a row for a while.

use std::time::Duration;

use muster_clock::Clock;
use muster_database::Database;
use time::OffsetDateTime;
use uuid::Uuid;

/// The token of a row that is put down until its `lease_until`: nobody's, so it is not freed earlier when somebody dies.
pub const NOBODY: Uuid = Uuid::nil();

/// The right to work on a row, for as long as it has this token. The claim writes both into the row (`lease_token`,
/// `lease_until`) where [`lease_is_free!`](muster_database::lease_is_free); every later write asks for the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Says who holds it; fresh for each claim.
    pub token: Uuid,
    /// When others may take the row though this process still lives: it is frozen or cut off.
    pub until: OffsetDateTime,
}

impl Lease {
    /// A fresh one of this process.
    #[must_use]
    pub fn fresh(database: &Database, clock: &Clock, length: Duration) -> Self {
        Self {
            token: database.lease_token(),
            until: clock.now() + length,
        }
    }

    /// The same, as long again from now on.
    #[must_use]
    pub fn prolonged(self, clock: &Clock, length: Duration) -> Self {
        Self {
            until: clock.now() + length,
            ..self
        }
    }
}
