//! The list of the contract.

use muster_database::{Database, DatabaseError};
use muster_ids::OrganizationId;
use muster_proto::Paged;
use muster_proto::history::v1 as pb;
use muster_server::page::{Page, PageKey};
use muster_server::{Call, Failure};
use sqlx::PgConnection;
use tonic::Status;

use crate::HistoryEntry;
use crate::store::{self, EntryFilter};

/// Which history a call asks for.
#[derive(Debug, Clone, Copy)]
pub struct HistoryQuery<'a> {
    /// Whose.
    pub organization: OrganizationId,
    /// Only that of what has this resource name, and of what is in it; empty: all of it.
    pub subject: &'a str,
}

/// The page of the history that a call asks for, newest first; `name` is the resource name of an entry.
///
/// # Errors
/// `PAGE_TOKEN_INVALID`, and the database's.
pub async fn page<M: Paged>(
    call: &Call<M>,
    key: &PageKey,
    database: &Database,
    asked: HistoryQuery<'_>,
    name: impl Fn(&HistoryEntry) -> String,
) -> Result<Page<pb::HistoryEntry>, Status> {
    let list = async |before, limit| {
        let wanted = EntryFilter {
            subject: (!asked.subject.is_empty()).then_some(asked.subject),
            before,
            limit,
        };
        let list = async |db: &mut PgConnection| store::list(db, asked.organization, wanted).await;
        let listed: Result<_, DatabaseError> = database.read(list).await;
        listed.map_err(Failure::from)
    };
    let show = |entry: HistoryEntry| {
        let name = name(&entry);
        entry.message(name)
    };
    call.page_with(key, list, |last| last.number, show).await
}
