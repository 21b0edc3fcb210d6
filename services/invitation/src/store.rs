//! SQL, as functions on a connection. Every statement names the organization; rows are parsed, not trusted.

pub(crate) mod acceptance_notice;
pub(crate) mod closing;
pub(crate) mod import;
pub(crate) mod invitation;
pub(crate) mod join_request;
pub(crate) mod learner;
pub(crate) mod mailbox;
pub(crate) mod opt_out;
pub(crate) mod quota;
mod state_lists;
#[cfg(test)]
mod tests;

use muster_language::Language;
use sqlx::Row;
use sqlx::postgres::PgRow;

/// A stored value that cannot stand beside the others of its row.
fn inconsistent(column: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("column {column} holds a value that does not fit the others").into())
}

/// The language of a row: the tag that the column's constraint lets in.
fn language(row: &PgRow) -> Result<Language, sqlx::Error> {
    let tag: &str = row.try_get("language")?;
    tag.parse().map_err(|_| inconsistent("language"))
}
