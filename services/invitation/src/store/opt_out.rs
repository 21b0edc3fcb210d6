//! Addresses that an organization is not to invite again, because who has them said so.

use muster_database::DatabaseError;
use muster_ids::OrganizationId;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::invitation::Invitation;

/// Keeps that whoever was invited wants no further invitation of the organization. An earlier wish stays.
pub(crate) async fn insert(
    tx: &mut PgConnection,
    declined: &Invitation,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO opt_outs (organization_id, address_canonical, invitation_id, create_time)
         VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    )
    .bind(declined.organization)
    .bind(declined.address.canonical())
    .bind(declined.id)
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

/// Lifts the wish that came with the decline of this invitation.
pub(crate) async fn delete(tx: &mut PgConnection, declined: &Invitation) -> Result<(), DatabaseError> {
    sqlx::query(
        "DELETE FROM opt_outs WHERE organization_id = $1 AND address_canonical = $2 AND invitation_id = $3",
    )
    .bind(declined.organization)
    .bind(declined.address.canonical())
    .bind(declined.id)
    .execute(tx)
    .await?;
    Ok(())
}

/// Lifts the wish of whoever has the address, whichever decline it came with: they asked to join.
pub(crate) async fn lift(
    tx: &mut PgConnection,
    organization: OrganizationId,
    canonical: &str,
) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM opt_outs WHERE organization_id = $1 AND address_canonical = $2")
        .bind(organization)
        .bind(canonical)
        .execute(tx)
        .await?;
    Ok(())
}

/// Which of the canonical addresses are those of people who want no further invitation of the organization.
pub(crate) async fn among(
    connection: &mut PgConnection,
    organization: OrganizationId,
    canonical: &[&str],
) -> Result<Vec<String>, DatabaseError> {
    Ok(sqlx::query_scalar(
        "SELECT address_canonical FROM opt_outs WHERE organization_id = $1 AND address_canonical = ANY ($2)",
    )
    .bind(organization)
    .bind(canonical)
    .fetch_all(connection)
    .await?)
}

/// Whether whoever has the address wants no further invitation of the organization.
pub(crate) async fn exists(
    connection: &mut PgConnection,
    organization: OrganizationId,
    canonical: &str,
) -> Result<bool, DatabaseError> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM opt_outs WHERE organization_id = $1 AND address_canonical = $2)",
    )
    .bind(organization)
    .bind(canonical)
    .fetch_one(connection)
    .await?)
}
