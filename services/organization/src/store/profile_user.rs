//! Profile users, and where their mail goes. So far the one owner, whom the profile names, is the only profile user.

mod row;

use muster_address::EmailAddress;
use muster_database::DatabaseError;
use muster_ids::{OrganizationId, PersonId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::{ProfileUser, ProfileUserContact};

/// Keeps the address of a person who becomes a profile user.
pub(crate) async fn insert_address(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
    address: &EmailAddress,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO profile_user_addresses (organization_id, person_id, address_given, address_canonical, create_time)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(organization)
    .bind(person)
    .bind(address.as_given())
    .bind(address.canonical())
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

/// The profile users of the organization.
pub(crate) async fn list(
    db: &mut PgConnection,
    organization: OrganizationId,
) -> Result<Vec<ProfileUser>, DatabaseError> {
    let all = sqlx::query_as("SELECT owner_person_id FROM organizations WHERE organization_id = $1")
        .bind(organization)
        .fetch_all(db)
        .await?;
    Ok(all)
}

/// Where mail for this profile user goes.
pub(crate) async fn find_contact(
    db: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<Option<ProfileUserContact>, DatabaseError> {
    let found = sqlx::query_as(
        "SELECT o.state, o.display_name, a.address_given, a.address_canonical
         FROM organizations o
         LEFT JOIN profile_user_addresses a ON a.organization_id = o.organization_id AND a.person_id = o.owner_person_id
         WHERE o.organization_id = $1 AND o.owner_person_id = $2",
    )
    .bind(organization)
    .bind(person)
    .fetch_optional(db)
    .await?;
    Ok(found)
}
