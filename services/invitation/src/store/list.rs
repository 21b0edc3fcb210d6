//! Invitations of an organization, newest first, and how many are in each state.

use muster_database::DatabaseError;
use muster_ids::{ImportId, InvitationId, OrganizationId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::rows::{InvitationRow, select_invitation};
use crate::domain::invitation::{Invitation, StateName};

/// What a list is asked for.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Only these states; empty: all.
    pub(crate) states: Vec<StateName>,
    /// Only those of this import.
    pub(crate) import: Option<ImportId>,
    /// Only those before this one in the list.
    pub(crate) after: Option<InvitationId>,
    /// At most so many.
    pub(crate) limit: i64,
}

macro_rules! select_page {
    ($which:literal) => {
        select_invitation!(
            "WHERE i.organization_id = $1 AND i.invitation_id < $2
               AND (cardinality($3::text[]) = 0 OR
                    CASE WHEN i.state IN ('PROSPECT', 'PENDING') AND i.expire_time <= $4 THEN 'EXPIRED'
                         ELSE i.state END = ANY ($3)) ",
            $which,
            " ORDER BY i.invitation_id DESC LIMIT $5"
        )
    };
}

/// One page. The state that is filtered by is the one shown at `now`. UUIDv7 ids sort by time.
pub(crate) async fn page(
    connection: &mut PgConnection,
    organization: OrganizationId,
    wanted: &Wanted,
    now: OffsetDateTime,
) -> Result<Vec<Invitation>, DatabaseError> {
    let states: Vec<&str> = wanted.states.iter().map(|state| state.as_str()).collect();
    // Two statements: a plan that has to serve both looks through all invitations for the few of one import.
    let page = match wanted.import {
        None => sqlx::query_as(select_page!("")),
        Some(_) => sqlx::query_as(select_page!("AND i.import_id = $6")),
    };
    let page = page
        .bind(organization.as_uuid())
        .bind(wanted.after.map_or(Uuid::max(), InvitationId::as_uuid))
        .bind(states)
        .bind(now)
        .bind(wanted.limit);
    let page = match wanted.import {
        None => page,
        Some(import) => page.bind(import.as_uuid()),
    };
    let rows: Vec<InvitationRow> = page.fetch_all(connection).await?;
    rows.into_iter().map(Invitation::try_from).collect()
}

/// How many invitations show each state at `now`.
pub(crate) async fn counts(
    connection: &mut PgConnection,
    organization: OrganizationId,
    now: OffsetDateTime,
) -> Result<Vec<(StateName, i64)>, DatabaseError> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT CASE WHEN state IN ('PROSPECT', 'PENDING') AND expire_time <= $2 THEN 'EXPIRED' ELSE state END AS shown,
                count(*)
         FROM invitations WHERE organization_id = $1 GROUP BY shown ORDER BY shown",
    )
    .bind(organization.as_uuid())
    .bind(now)
    .fetch_all(connection)
    .await?;
    let parse = |(word, count): (String, i64)| -> Result<_, DatabaseError> { Ok((word.parse()?, count)) };
    rows.into_iter().map(parse).collect()
}
