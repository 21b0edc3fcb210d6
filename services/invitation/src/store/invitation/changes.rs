//! What was changed since, for whoever watches.
//!
//! Transactions are numbered when they begin to write, and end in another order. What is told of is below the number of the first
//! transaction that still runs: nothing appears there any more, so that nobody who has read up to a number misses a change.

use muster_database::DatabaseError;
use muster_ids::OrganizationId;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use uuid::Uuid;

use super::row::select_invitation;
use crate::domain::invitation::Invitation;
use crate::watching::{Change, Course, Place};

/// Below this everything is committed, or never will be.
macro_rules! horizon {
    () => {
        "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    };
}

/// Which course of things the table is of: another one once it was restored from a copy, in this cluster or another, or the server was
/// taken back in time or replaced by its standby.
macro_rules! course {
    () => {
        "hashtextextended(concat_ws('/', (SELECT system_identifier FROM pg_control_system()),
             left(pg_walfile_name(pg_current_wal_insert_lsn()), 8),
             (SELECT oid FROM pg_database WHERE datname = current_database()), to_regclass('invitations')::oid), 0)"
    };
}

/// How far it is with which changes.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub(crate) struct Now {
    /// Below this everything is committed, or never will be.
    pub(crate) horizon: i64,
    pub(crate) course: Course,
}

/// How far it is.
pub(crate) async fn now(connection: &mut PgConnection) -> Result<Now, DatabaseError> {
    let asking = concat!("SELECT ", horizon!(), " AS horizon, ", course!(), " AS course");
    Ok(sqlx::query_as(asking).fetch_one(connection).await?)
}

/// How far it is, and which of the organizations have changes between the place that is said of each and there.
pub(crate) async fn changed(
    connection: &mut PgConnection,
    places: &[(OrganizationId, Place)],
) -> Result<(Now, Vec<OrganizationId>), DatabaseError> {
    let column = |at: fn(&(OrganizationId, Place)) -> Uuid| places.iter().map(at).collect::<Vec<_>>();
    let numbers: Vec<i64> = places.iter().map(|(_, place)| place.number).collect();
    // One statement, so that the horizon and what is below it are seen by one snapshot.
    let (horizon, course, changed) = sqlx::query_as(concat!(
        "SELECT bound.horizon, ",
        course!(),
        ", ARRAY(
             SELECT place.organization_id
             FROM unnest($1::uuid[], $2::bigint[], $3::uuid[]) AS place (organization_id, number, invitation_id)
             CROSS JOIN LATERAL (
                 SELECT FROM invitations i
                 WHERE i.organization_id = place.organization_id AND i.change_number < bound.horizon
                   AND (i.change_number, i.invitation_id) > (place.number, place.invitation_id)
                 LIMIT 1) AS one)
         FROM (SELECT ",
        horizon!(),
        " AS horizon) AS bound",
    ))
    .bind(column(|(organization, _)| organization.as_uuid()))
    .bind(numbers)
    .bind(column(|(_, place)| place.invitation.as_uuid()))
    .fetch_one(connection)
    .await?;
    Ok((Now { horizon, course }, changed))
}

/// At most `limit` changes after a place and below a horizon, in their order, each invitation as it is.
pub(crate) async fn between(
    connection: &mut PgConnection,
    organization: OrganizationId,
    after: Place,
    horizon: i64,
    limit: i64,
) -> Result<Vec<Change>, DatabaseError> {
    let select = select_invitation!(
        "WHERE i.organization_id = $1 AND i.change_number < $4 AND (i.change_number, i.invitation_id) > ($2, $3)
         ORDER BY i.change_number, i.invitation_id LIMIT $5"
    );
    Ok(sqlx::query_as(select)
        .bind(organization)
        .bind(after.number)
        .bind(after.invitation)
        .bind(horizon)
        .bind(limit)
        .fetch_all(connection)
        .await?)
}

impl FromRow<'_, PgRow> for Change {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let number: i64 = row.try_get("change_number")?;
        let invitation = Invitation::from_row(row)?;
        Ok(Self {
            place: Place {
                number,
                invitation: invitation.id,
            },
            invitation,
        })
    }
}
