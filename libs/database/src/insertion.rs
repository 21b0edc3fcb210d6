//! What came of an INSERT.

use sqlx::postgres::PgQueryResult;

/// What came of an INSERT of one row that a unique index may keep out (`ON CONFLICT … DO NOTHING`).
#[must_use = "nothing was stored if there was such a row already"]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Insertion {
    /// The row is there.
    Stored,
    /// Another was there before. If another transaction stored it meanwhile, it has committed and can be read now.
    Exists,
}

impl From<PgQueryResult> for Insertion {
    fn from(done: PgQueryResult) -> Self {
        if done.rows_affected() == 0 {
            Self::Exists
        } else {
            Self::Stored
        }
    }
}
