//! Subscriptions.

use muster_database::DatabaseError;
use muster_ids::OrganizationId;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};

use crate::domain::{Entitlement, Limits, Subscription};

impl FromRow<'_, PgRow> for Subscription {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let limits = Limits {
            invitations_by_hand: row.try_get("invitations_by_hand")?,
            import_rows: row.try_get("import_rows")?,
            messages_per_day: row.try_get("messages_per_day")?,
        };
        let plan = row.try_get("plan")?;
        Ok(Self {
            organization: row.try_get("organization_id")?,
            entitlement: Entitlement { plan, limits },
            activate_time: row.try_get("activate_time")?,
            end_time: row.try_get("end_time")?,
        })
    }
}

/// Puts a subscription in the place of the one that the organization had.
pub(crate) async fn put(tx: &mut PgConnection, subscription: &Subscription) -> Result<(), DatabaseError> {
    let Entitlement { plan, limits } = subscription.entitlement;
    sqlx::query(
        "INSERT INTO subscriptions (organization_id, plan, invitations_by_hand, import_rows, messages_per_day,
                activate_time, end_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT ON CONSTRAINT subscriptions_pkey DO UPDATE
         SET plan = $2, invitations_by_hand = $3, import_rows = $4, messages_per_day = $5, activate_time = $6,
             end_time = $7",
    )
    .bind(subscription.organization)
    .bind(plan)
    .bind(limits.invitations_by_hand)
    .bind(limits.import_rows)
    .bind(limits.messages_per_day)
    .bind(subscription.activate_time)
    .bind(subscription.end_time)
    .execute(tx)
    .await?;
    Ok(())
}

/// The subscription that an organization was given last, in force or not.
pub(crate) async fn find(
    db: &mut PgConnection,
    organization: OrganizationId,
) -> Result<Option<Subscription>, DatabaseError> {
    let found = sqlx::query_as(
        "SELECT organization_id, plan, invitations_by_hand, import_rows, messages_per_day, activate_time, end_time
         FROM subscriptions WHERE organization_id = $1",
    );
    Ok(found.bind(organization).fetch_optional(db).await?)
}
