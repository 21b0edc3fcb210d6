//! Profiles.

mod row;

use muster_database::DatabaseError;
use muster_ids::{OrganizationId, PersonId};
use sqlx::PgConnection;

use self::row::Row;
use super::{guarded, stored};
use crate::domain::{Organization, OrganizationNumber, OrganizationState};

/// The constraint that refuses a second profile with a license number.
pub(crate) const LICENSE_TAKEN: &str = "organizations_license";

macro_rules! select {
    ($lock:literal) => {
        concat!(
            "SELECT organization_id, organization_number, owner_person_id, owner_display_name, display_name,
                    licensing_authority, license_number_normalized, license_number_as_given, state, version, create_time,
                    submit_time, approve_time
             FROM organizations WHERE organization_id = $1 ",
            $lock
        )
    };
}

/// Adds a profile, unless its organization number is taken: whether it was added.
pub(crate) async fn insert(
    tx: &mut PgConnection,
    organization: &Organization,
) -> Result<bool, DatabaseError> {
    let done = sqlx::query(
        "INSERT INTO organizations (organization_id, organization_number, owner_person_id, owner_display_name,
                display_name, licensing_authority, license_number_normalized, license_number_as_given, state, version,
                create_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT ON CONSTRAINT organizations_number DO NOTHING",
    )
    .bind(organization.id.as_uuid())
    .bind(organization.number.as_str())
    .bind(organization.owner.person.as_uuid())
    .bind(organization.owner.display_name.as_deref())
    .bind(organization.display_name.as_str())
    .bind(organization.license.authority().as_str())
    .bind(organization.license.normalized())
    .bind(organization.license.as_given())
    .bind(organization.state.as_str())
    .bind(organization.version)
    .bind(organization.created)
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Reads a profile.
pub(crate) async fn get(
    connection: &mut PgConnection,
    id: OrganizationId,
) -> Result<Option<Organization>, DatabaseError> {
    let row: Option<Row> = sqlx::query_as(select!(""))
        .bind(id.as_uuid())
        .fetch_optional(connection)
        .await?;
    row.map(Row::parse).transpose()
}

/// Reads a profile and holds it until the transaction ends: what is decided on it stays true, and what belongs to it can
/// be counted before it is added to.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    id: OrganizationId,
) -> Result<Option<Organization>, DatabaseError> {
    let row: Option<Row> = sqlx::query_as(select!("FOR NO KEY UPDATE"))
        .bind(id.as_uuid())
        .fetch_optional(tx)
        .await?;
    row.map(Row::parse).transpose()
}

/// Writes a transition. The guard repeats what the lock already promises: nothing else decides a race.
pub(crate) async fn change_state(
    tx: &mut PgConnection,
    from: OrganizationState,
    to: &Organization,
) -> Result<(), DatabaseError> {
    let done = sqlx::query(
        "UPDATE organizations SET state = $4, version = $3, submit_time = $5, approve_time = $6
         WHERE organization_id = $1 AND state = $2 AND version = $3 - 1",
    )
    .bind(to.id.as_uuid())
    .bind(from.as_str())
    .bind(to.version)
    .bind(to.state.as_str())
    .bind(to.submitted)
    .bind(to.approved)
    .execute(tx)
    .await?;
    guarded(done.rows_affected())
}

/// The other profile that holds the license number of this one. Across organizations: licenses are unique in the whole
/// registry.
pub(crate) async fn holder_of_license(
    connection: &mut PgConnection,
    id: OrganizationId,
) -> Result<Option<OrganizationNumber>, DatabaseError> {
    let number: Option<String> = sqlx::query_scalar(
        "SELECT holder.organization_number
         FROM organizations AS mine
         JOIN organizations AS holder USING (licensing_authority, license_number_normalized)
         WHERE mine.organization_id = $1 AND holder.organization_id <> $1
           AND holder.state NOT IN ('DRAFT', 'REJECTED', 'CLOSED')",
    )
    .bind(id.as_uuid())
    .fetch_optional(connection)
    .await?;
    number
        .map(|number| {
            stored(
                "organizations.organization_number",
                OrganizationNumber::parse(&number),
            )
        })
        .transpose()
}

/// Whether the person owns the organization.
pub(crate) async fn is_owner(
    connection: &mut PgConnection,
    id: OrganizationId,
    person: PersonId,
) -> Result<bool, DatabaseError> {
    let owner: Option<uuid::Uuid> =
        sqlx::query_scalar("SELECT owner_person_id FROM organizations WHERE organization_id = $1")
            .bind(id.as_uuid())
            .fetch_optional(connection)
            .await?;
    Ok(owner == Some(person.as_uuid()))
}
