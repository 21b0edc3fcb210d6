//! Subscriptions.

use muster_database::DatabaseError;
use muster_ids::OrganizationId;
use sqlx::{FromRow, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{Entitlement, Limits, Subscription};

#[derive(FromRow)]
struct Row {
    organization_id: Uuid,
    plan: String,
    invitations_by_hand: i32,
    import_rows: i32,
    messages_per_day: i32,
    activate_time: OffsetDateTime,
    end_time: Option<OffsetDateTime>,
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
    .bind(subscription.organization.as_uuid())
    .bind(plan.as_str())
    .bind(limits.invitations_by_hand)
    .bind(limits.import_rows)
    .bind(limits.messages_per_day)
    .bind(subscription.activated)
    .bind(subscription.end)
    .execute(tx)
    .await?;
    Ok(())
}

/// The subscription that an organization was given last, in force or not.
pub(crate) async fn get(
    connection: &mut PgConnection,
    organization: OrganizationId,
) -> Result<Option<Subscription>, DatabaseError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT organization_id, plan, invitations_by_hand, import_rows, messages_per_day, activate_time, end_time
         FROM subscriptions WHERE organization_id = $1",
    )
    .bind(organization.as_uuid())
    .fetch_optional(connection)
    .await?;
    row.map(Row::parse).transpose()
}

impl Row {
    fn parse(self) -> Result<Subscription, DatabaseError> {
        let limits = Limits {
            invitations_by_hand: self.invitations_by_hand,
            import_rows: self.import_rows,
            messages_per_day: self.messages_per_day,
        };
        let plan = self.plan.parse()?;
        Ok(Subscription {
            organization: OrganizationId::from_uuid(self.organization_id),
            entitlement: Entitlement { plan, limits },
            activated: self.activate_time,
            end: self.end_time,
        })
    }
}
