//! Profile users, and where their mail goes. The owner, whom the profile names, is one of them without a row of their own.

mod row;

use muster_address::EmailAddress;
use muster_database::DatabaseError;
use muster_ids::{EmploymentId, OrganizationId, PersonId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{employment_projection, guarded};
use crate::domain::{EmploymentState, Origin, ProfileUser};
use row::given;

/// Everybody with a role in the organization `$1`, with whether their employment is verified, which is `$2`.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT u.organization_id, u.person_id, u.display_name, u.role, u.origin, u.expire_time, u.version,
                    u.create_time, coalesce(e.state = $2, false) AS is_verified
             FROM (SELECT organization_id, person_id, display_name, role, origin, expire_time, version, create_time
                   FROM profile_users
                   UNION ALL
                   SELECT organization_id, owner_person_id, owner_display_name, NULL, NULL, NULL, version, NULL
                   FROM organizations) u
             LEFT JOIN employment_projection e
                    ON e.organization_id = u.organization_id AND e.person_id = u.person_id
             WHERE u.organization_id = $1 AND ",
            $rest
        )
    };
}

/// A profile user.
pub(crate) async fn find(
    db: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<Option<ProfileUser>, DatabaseError> {
    let found = sqlx::query_as(select!("u.person_id = $3"))
        .bind(organization)
        .bind(EmploymentState::Verified)
        .bind(person)
        .fetch_optional(db)
        .await?;
    Ok(found)
}

/// A profile user, of whom nothing changes until the transaction ends, neither their employment; the profile is locked by
/// whoever asks.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<Option<ProfileUser>, DatabaseError> {
    // In the order in which news of an employment locks them.
    employment_projection::hold(tx, organization, person).await?;
    sqlx::query("SELECT FROM profile_users WHERE organization_id = $1 AND person_id = $2 FOR NO KEY UPDATE")
        .bind(organization)
        .bind(person)
        .execute(&mut *tx)
        .await?;
    find(tx, organization, person).await
}

/// At most `limit` profile users of an organization, after this person, in the order of their ids.
pub(crate) async fn list(
    db: &mut PgConnection,
    organization: OrganizationId,
    after: Option<PersonId>,
    limit: i64,
) -> Result<Vec<ProfileUser>, DatabaseError> {
    let page = sqlx::query_as(select!(
        "($3::uuid IS NULL OR u.person_id > $3) ORDER BY u.person_id LIMIT $4"
    ));
    let page = page.bind(organization).bind(EmploymentState::Verified);
    Ok(page.bind(after).bind(limit).fetch_all(db).await?)
}

/// Adds a profile user, in the place of what is left of them. Access from an employment comes from the one that is known.
pub(crate) async fn put(tx: &mut PgConnection, user: &ProfileUser) -> Result<(), DatabaseError> {
    let given = given(user)?;
    sqlx::query(
        "INSERT INTO profile_users (organization_id, person_id, display_name, role, origin, expire_time, version, create_time,
                remind_time, employment_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9,
                 (SELECT employment_id FROM employment_projection
                  WHERE organization_id = $1 AND person_id = $2 AND $5 = $10))
         ON CONFLICT ON CONSTRAINT profile_users_pkey DO UPDATE
         SET display_name = EXCLUDED.display_name, role = EXCLUDED.role, origin = EXCLUDED.origin,
             expire_time = EXCLUDED.expire_time, version = EXCLUDED.version, create_time = EXCLUDED.create_time,
             remind_time = EXCLUDED.remind_time, employment_id = EXCLUDED.employment_id",
    )
    .bind(user.organization)
    .bind(user.person)
    .bind(user.display_name.as_deref())
    .bind(given.role)
    .bind(given.origin)
    .bind(given.end.0)
    .bind(given.version)
    .bind(given.create_time)
    .bind(given.end.remind_time(given.create_time))
    .bind(Origin::Employment)
    .execute(tx)
    .await?;
    Ok(())
}

/// Stores a profile user who was changed; their row is locked, and is still the one that was read. Another end is told of
/// anew.
pub(crate) async fn update(
    tx: &mut PgConnection,
    changed: &ProfileUser,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    let given = given(changed)?;
    let done = sqlx::query(
        "UPDATE profile_users
         SET role = $4, expire_time = $5, version = $3, display_name = $7, origin = $8,
             employment_id = CASE WHEN $8 = $9 THEN employment_id END,
             remind_time = CASE WHEN expire_time IS DISTINCT FROM $5 THEN $6 ELSE remind_time END
         WHERE organization_id = $1 AND person_id = $2 AND version = $3 - 1",
    )
    .bind(changed.organization)
    .bind(changed.person)
    .bind(given.version)
    .bind(given.role)
    .bind(given.end.0)
    .bind(given.end.remind_time(now))
    .bind(changed.display_name.as_deref())
    .bind(given.origin)
    .bind(Origin::Employment)
    .execute(tx)
    .await?;
    guarded(done)
}

/// Removes a profile user, with the address that was kept of them.
pub(crate) async fn delete(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<(), DatabaseError> {
    delete_access(tx, organization, person).await?;
    delete_address(tx, organization, person).await
}

/// Removes everybody but the owner, with the addresses that were kept of them.
pub(crate) async fn delete_all(
    tx: &mut PgConnection,
    organization: OrganizationId,
    owner: PersonId,
) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM profile_users WHERE organization_id = $1")
        .bind(organization)
        .execute(&mut *tx)
        .await?;
    sqlx::query("DELETE FROM profile_user_addresses WHERE organization_id = $1 AND person_id <> $2")
        .bind(organization)
        .bind(owner)
        .execute(tx)
        .await?;
    Ok(())
}

/// Removes what was given to a person who owns the organization from now on, and is still written to.
pub(crate) async fn delete_access(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM profile_users WHERE organization_id = $1 AND person_id = $2")
        .bind(organization)
        .bind(person)
        .execute(tx)
        .await?;
    Ok(())
}

/// Removes a profile user whose access came from their employment. Answers whether there was one.
pub(crate) async fn delete_employed(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<bool, DatabaseError> {
    let is_one = lock_employed(tx, organization, person).await?;
    if is_one {
        delete(tx, organization, person).await?;
    }
    Ok(is_one)
}

/// Removes a profile user whose access came from another employment than this one, which is the newest. Answers whether there
/// was one.
pub(crate) async fn delete_formerly_employed(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
    employment: EmploymentId,
) -> Result<bool, DatabaseError> {
    let formerly = sqlx::query(
        "SELECT FROM profile_users
         WHERE organization_id = $1 AND person_id = $2 AND origin = $3 AND employment_id <> $4 FOR UPDATE",
    )
    .bind(organization)
    .bind(person)
    .bind(Origin::Employment)
    .bind(employment)
    .fetch_optional(&mut *tx)
    .await?;
    if formerly.is_some() {
        delete(tx, organization, person).await?;
    }
    Ok(formerly.is_some())
}

/// Whether the person is a profile user whose access came from their employment, which stays so until the transaction ends.
pub(crate) async fn lock_employed(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<bool, DatabaseError> {
    let done = sqlx::query(
        "SELECT FROM profile_users WHERE organization_id = $1 AND person_id = $2 AND origin = $3 FOR UPDATE",
    )
    .bind(organization)
    .bind(person)
    .bind(Origin::Employment)
    .fetch_optional(tx)
    .await?;
    Ok(done.is_some())
}

/// Keeps the address of a person who becomes a profile user, in the place of an earlier one.
pub(crate) async fn put_address(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
    address: &EmailAddress,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO profile_user_addresses (organization_id, person_id, address_given, address_canonical, create_time)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT ON CONSTRAINT profile_user_addresses_pkey DO UPDATE
         SET address_given = EXCLUDED.address_given, address_canonical = EXCLUDED.address_canonical,
             create_time = EXCLUDED.create_time",
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

async fn delete_address(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM profile_user_addresses WHERE organization_id = $1 AND person_id = $2")
        .bind(organization)
        .bind(person)
        .execute(tx)
        .await?;
    Ok(())
}

/// Where mail for this profile user goes; `None` when nobody told it.
pub(crate) async fn find_address(
    db: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<Option<EmailAddress>, DatabaseError> {
    let found: Option<(String, String)> = sqlx::query_as(
        "SELECT address_given, address_canonical FROM profile_user_addresses
         WHERE organization_id = $1 AND person_id = $2",
    )
    .bind(organization)
    .bind(person)
    .fetch_optional(db)
    .await?;
    Ok(found.map(|(given, canonical)| EmailAddress::stored(given, canonical)))
}
