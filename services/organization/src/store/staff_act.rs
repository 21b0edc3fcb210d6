//! The audit of registry staff.

use muster_database::DatabaseError;
use sqlx::PgConnection;

use crate::domain::StaffAct;

/// Writes what is done, in the transaction that does it and before it is done: whatever is changed from here on has the
/// stated reason in the history.
pub(crate) async fn insert(tx: &mut PgConnection, act: &StaffAct) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO staff_acts (organization_id, staff_act_id, act, actor, reason, act_time)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(act.organization)
    .bind(act.id)
    .bind(act.action)
    .bind(&act.actor)
    .bind(&act.reason)
    .bind(act.time)
    .execute(tx)
    .await?;
    Ok(())
}
