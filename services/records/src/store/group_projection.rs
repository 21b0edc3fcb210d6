//! What groups are known to require.

use muster_database::DatabaseError;
use muster_ids::{GroupId, OrganizationId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};

use crate::domain::Requirement;

impl FromRow<'_, PgRow> for Requirement {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            group: row.try_get("group_id")?,
            is_active: row.try_get("is_active")?,
            trainings: row.try_get("training_ids")?,
            inactive: row.try_get("inactive_training_ids")?,
            sequence: row.try_get("sequence")?,
        })
    }
}

/// Takes in what a group is told to require, unless as much or something newer is known; tells whether it was news. The row stays
/// locked: who is assigned something by the group waits, or is seen by whoever has learned of the news.
pub(crate) async fn learn(
    tx: &mut PgConnection,
    organization: OrganizationId,
    told: &Requirement,
) -> Result<bool, DatabaseError> {
    let done = sqlx::query(
        "INSERT INTO group_projection AS known (organization_id, group_id, is_active, training_ids, sequence,
                inactive_training_ids)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (organization_id, group_id) DO UPDATE
         SET is_active = excluded.is_active, training_ids = excluded.training_ids, sequence = excluded.sequence,
             inactive_training_ids = excluded.inactive_training_ids
         WHERE known.sequence < excluded.sequence",
    )
    .bind(organization)
    .bind(told.group)
    .bind(told.is_active)
    .bind(&told.trainings)
    .bind(told.sequence)
    .bind(&told.inactive)
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What is known of these groups, without a lock.
pub(crate) async fn find_all(
    db: &mut PgConnection,
    organization: OrganizationId,
    groups: &[GroupId],
) -> Result<Vec<Requirement>, DatabaseError> {
    let known = sqlx::query_as(
        "SELECT group_id, is_active, training_ids, inactive_training_ids, sequence FROM group_projection
         WHERE organization_id = $1 AND group_id = ANY ($2)",
    )
    .bind(organization)
    .bind(groups)
    .fetch_all(db)
    .await?;
    Ok(known)
}

/// What is known of these groups, in the order of their ids. It stays so until the transaction ends.
pub(crate) async fn hold(
    tx: &mut PgConnection,
    organization: OrganizationId,
    groups: &[GroupId],
) -> Result<Vec<Requirement>, DatabaseError> {
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let known = sqlx::query_as(
        "SELECT group_id, is_active, training_ids, inactive_training_ids, sequence FROM group_projection
         WHERE organization_id = $1 AND group_id = ANY ($2) ORDER BY group_id FOR SHARE",
    )
    .bind(organization)
    .bind(groups)
    .fetch_all(tx)
    .await?;
    Ok(known)
}
