//! Profiles.

mod row;

use muster_database::{DatabaseError, Insertion};
use muster_ids::{OrganizationId, PersonId};
use sqlx::PgConnection;

use super::guarded;
use crate::domain::{Organization, OrganizationNumber};

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

/// Adds a profile, unless its organization number is taken.
pub(crate) async fn insert(
    tx: &mut PgConnection,
    organization: &Organization,
) -> Result<Insertion, DatabaseError> {
    let done = sqlx::query(
        "INSERT INTO organizations (organization_id, organization_number, owner_person_id, owner_display_name,
                display_name, licensing_authority, license_number_normalized, license_number_as_given, state, version,
                create_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT ON CONSTRAINT organizations_number DO NOTHING",
    )
    .bind(organization.id)
    .bind(organization.number.as_str())
    .bind(organization.owner.person)
    .bind(organization.owner.display_name.as_deref())
    .bind(organization.display_name.as_str())
    .bind(organization.license.authority().as_str())
    .bind(organization.license.normalized())
    .bind(organization.license.as_given())
    .bind(organization.state)
    .bind(organization.version)
    .bind(organization.create_time)
    .execute(tx)
    .await?;
    Ok(done.into())
}

/// A profile.
pub(crate) async fn find(
    db: &mut PgConnection,
    id: OrganizationId,
) -> Result<Option<Organization>, DatabaseError> {
    Ok(sqlx::query_as(select!("")).bind(id).fetch_optional(db).await?)
}

/// A profile, locked until the transaction ends: what is decided on it stays true, and what belongs to it can be counted
/// before it is added to.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    id: OrganizationId,
) -> Result<Option<Organization>, DatabaseError> {
    let locked = sqlx::query_as(select!("FOR NO KEY UPDATE"));
    Ok(locked.bind(id).fetch_optional(tx).await?)
}

/// Stores a profile that was changed; its row is locked, and is still the one that was read.
pub(crate) async fn update(tx: &mut PgConnection, changed: &Organization) -> Result<(), DatabaseError> {
    let done = sqlx::query(
        "UPDATE organizations
         SET display_name = $3, licensing_authority = $4, license_number_normalized = $5, license_number_as_given = $6,
             state = $7, submit_time = $8, approve_time = $9, version = $2
         WHERE organization_id = $1 AND version = $2 - 1",
    )
    .bind(changed.id)
    .bind(changed.version)
    .bind(changed.display_name.as_str())
    .bind(changed.license.authority().as_str())
    .bind(changed.license.normalized())
    .bind(changed.license.as_given())
    .bind(changed.state)
    .bind(changed.submit_time)
    .bind(changed.approve_time)
    .execute(tx)
    .await?;
    guarded(done)
}

/// The number of the other profile that holds the license of this one. Across organizations: licenses are unique in the whole
/// registry.
pub(crate) async fn find_license_holder(
    db: &mut PgConnection,
    organization: &Organization,
) -> Result<Option<OrganizationNumber>, DatabaseError> {
    let holder = sqlx::query_as(
        "SELECT organization_number FROM organizations
         WHERE licensing_authority = $2 AND license_number_normalized = $3 AND organization_id <> $1
           AND state NOT IN ('DRAFT', 'REJECTED', 'CLOSED')",
    )
    .bind(organization.id)
    .bind(organization.license.authority().as_str())
    .bind(organization.license.normalized())
    .fetch_optional(db)
    .await?;
    Ok(holder)
}

/// Whether the person owns the organization.
pub(crate) async fn is_owner(
    db: &mut PgConnection,
    id: OrganizationId,
    person: PersonId,
) -> Result<bool, DatabaseError> {
    let owner: Option<PersonId> =
        sqlx::query_scalar("SELECT owner_person_id FROM organizations WHERE organization_id = $1")
            .bind(id)
            .fetch_optional(db)
            .await?;
    Ok(owner == Some(person))
}
