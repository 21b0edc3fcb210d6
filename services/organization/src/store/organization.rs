//! Profiles.

pub(super) mod row;

use std::collections::HashMap;

use muster_database::{DatabaseError, Insertion};
use muster_ids::{OrganizationId, PersonId, ProgrammeId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::guarded;
use super::programme::or_empty;
use crate::domain::{License, Organization, OrganizationNumber, OrganizationState, ProgrammeAddress, Rounds};

/// The index that refuses a second approved profile with a license number.
pub(crate) const LICENSE_TAKEN: &str = "organizations_license";
/// The index that refuses a second profile of a programme.
pub(crate) const PROGRAMME_CLAIMED: &str = "organizations_programme";

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT organization_id, organization_number, owner_person_id, owner_display_name, display_name,
                    licensing_authority, organization_type, license_number_normalized, license_number_as_given,
                    programme_id, state, version,
                    create_time, submit_time, approve_time, return_reasons, decision_reason, close_time, language, ",
            as_told!(),
            " FROM organizations AS o ",
            $rest
        )
    };
}

/// Adds a profile, unless its organization number is taken.
pub(crate) async fn insert(
    tx: &mut PgConnection,
    organization: &Organization,
) -> Result<Insertion, DatabaseError> {
    let [street_address, city, region, postal_code] = own_address(organization);
    let done = sqlx::query(
        "INSERT INTO organizations (organization_id, organization_number, owner_person_id, owner_display_name,
                display_name, licensing_authority, license_number_normalized, license_number_as_given, state, version,
                create_time, programme_id, language, organization_type, street_address, city, region, postal_code)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
         ON CONFLICT ON CONSTRAINT organizations_number DO NOTHING",
    )
    .bind(organization.id)
    .bind(organization.number.as_str())
    .bind(organization.owner.person)
    .bind(organization.owner.display_name.as_deref())
    .bind(organization.display_name.as_str())
    .bind(organization.licensing.authority().as_str())
    .bind(organization.licensing.license().map(License::normalized))
    .bind(organization.licensing.license().map(License::as_given))
    .bind(organization.state)
    .bind(organization.version)
    .bind(organization.create_time)
    .bind(organization.programme)
    .bind(organization.language.tag())
    .bind(organization.licensing.kind())
    .bind(street_address)
    .bind(city)
    .bind(region)
    .bind(postal_code)
    .execute(tx)
    .await?;
    Ok(done.into())
}

/// A profile.
pub(crate) async fn find(
    db: &mut PgConnection,
    id: OrganizationId,
) -> Result<Option<Organization>, DatabaseError> {
    Ok(sqlx::query_as(select!("WHERE organization_id = $1"))
        .bind(id)
        .fetch_optional(db)
        .await?)
}

/// Those of these profiles that exist. Across organizations: they were asked for at the same time.
pub(crate) async fn find_all(
    db: &mut PgConnection,
    ids: &[OrganizationId],
) -> Result<HashMap<OrganizationId, Organization>, DatabaseError> {
    let found: Vec<Organization> = sqlx::query_as(select!("WHERE organization_id = ANY ($1)"))
        .bind(ids)
        .fetch_all(db)
        .await?;
    Ok(found.into_iter().map(|profile| (profile.id, profile)).collect())
}

/// A profile, locked until the transaction ends: what is decided on it stays true, and what belongs to it can be counted
/// before it is added to.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    id: OrganizationId,
) -> Result<Option<Organization>, DatabaseError> {
    let locked = sqlx::query_as(select!("WHERE organization_id = $1 FOR NO KEY UPDATE"));
    Ok(locked.bind(id).fetch_optional(tx).await?)
}

/// The profile with this organization number, locked like [`lock`]. Across organizations: the number is all that is known.
pub(crate) async fn lock_numbered(
    tx: &mut PgConnection,
    number: &OrganizationNumber,
) -> Result<Option<Organization>, DatabaseError> {
    let locked = sqlx::query_as(select!("WHERE organization_number = $1 FOR NO KEY UPDATE"));
    Ok(locked.bind(number.as_str()).fetch_optional(tx).await?)
}

/// Stores a profile that was changed; its row is locked, and is still the one that was read.
pub(crate) async fn update(tx: &mut PgConnection, changed: &Organization) -> Result<(), DatabaseError> {
    let [street_address, city, region, postal_code] = own_address(changed);
    let done = sqlx::query(
        "UPDATE organizations
         SET display_name = $3, licensing_authority = $4, license_number_normalized = $5, license_number_as_given = $6,
             state = $7, submit_time = $8, approve_time = $9, return_reasons = $10, decision_reason = $11,
             owner_person_id = $12, owner_display_name = $13, close_time = $14, programme_id = $15,
             language = $16, organization_type = $17, license_status = $18,
             street_address = $19, city = $20, region = $21, postal_code = $22, version = $2
         WHERE organization_id = $1 AND version = $2 - 1",
    )
    .bind(changed.id)
    .bind(changed.version)
    .bind(changed.display_name.as_str())
    .bind(changed.licensing.authority().as_str())
    .bind(changed.licensing.license().map(License::normalized))
    .bind(changed.licensing.license().map(License::as_given))
    .bind(changed.state)
    .bind(changed.submit_time)
    .bind(changed.approve_time)
    .bind(&changed.return_reasons)
    .bind(&changed.decision_reason)
    .bind(changed.owner.person)
    .bind(changed.owner.display_name.as_deref())
    .bind(changed.close_time)
    .bind(changed.programme)
    .bind(changed.language.tag())
    .bind(changed.licensing.kind())
    // Of a programme its authority says it.
    .bind(changed.license_status.filter(|_| changed.programme.is_none()))
    .bind(street_address)
    .bind(city)
    .bind(region)
    .bind(postal_code)
    .execute(tx)
    .await?;
    guarded(done)
}

/// The lines of its address, empty where there is none. Of a programme its authority says them.
fn own_address(profile: &Organization) -> [&str; 4] {
    lines(profile.address.as_ref().filter(|_| profile.programme.is_none()))
}

/// The lines of an address as they are stored, empty where there is none.
pub(super) fn lines(address: Option<&ProgrammeAddress>) -> [&str; 4] {
    let Some(address) = address else {
        return [""; 4];
    };
    [
        or_empty(address.street_address.as_ref()),
        address.city.as_str(),
        or_empty(address.region.as_ref()),
        or_empty(address.postal_code.as_ref()),
    ]
}

/// Waits until nobody else decides on this license number, and keeps others from it until the transaction ends. Taken before
/// the row of a profile, by all who hand in or approve: so an approval sees everybody who waits with the number, and two
/// never wait for each other.
pub(crate) async fn lock_license(tx: &mut PgConnection, license: &License) -> Result<(), DatabaseError> {
    let authority = license.authority().as_str();
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('license ' || $1 || ' ' || $2, 0))")
        .bind(authority)
        .bind(license.normalized())
        .execute(tx)
        .await?;
    Ok(())
}

/// Those who claim a license number: at most `limit` after `after`, the earliest first. Across organizations, for registry
/// staff. The states stand in the statement so that their index answers.
pub(crate) async fn list_claims(
    db: &mut PgConnection,
    license: &License,
    after: Option<OrganizationId>,
    limit: i64,
) -> Result<Vec<Organization>, DatabaseError> {
    let claims = sqlx::query_as(select!(
        "WHERE licensing_authority = $1 AND license_number_normalized = $2
           AND state IN ('SUBMITTED', 'ACTIVE', 'SUSPENDED') AND ($3::uuid IS NULL OR organization_id > $3)
         ORDER BY organization_id LIMIT $4"
    ));
    let claims = claims
        .bind(license.authority().as_str())
        .bind(license.normalized());
    Ok(claims.bind(after).bind(limit).fetch_all(db).await?)
}

/// Where the list of what waits goes on: behind this time and id.
pub(crate) type SubmissionPosition = (OffsetDateTime, OrganizationId);

/// What waits for registry staff: at most `limit` after `after`, those that wait longest first; of one authority, if it is said. Across
/// organizations, for registry staff. The state stands in the statement so that its index answers.
pub(crate) async fn list_submitted(
    db: &mut PgConnection,
    authority: Option<&str>,
    after: Option<SubmissionPosition>,
    limit: i64,
) -> Result<Vec<Organization>, DatabaseError> {
    let submitted = sqlx::query_as(select!(
        "WHERE state = 'SUBMITTED' AND ($1::text IS NULL OR licensing_authority = $1)
           AND ($2::timestamptz IS NULL OR (submit_time, organization_id) > ($2, $3))
         ORDER BY submit_time, organization_id LIMIT $4"
    ));
    let (time, id) = after.unzip();
    let submitted = submitted.bind(authority).bind(time).bind(id).bind(limit);
    Ok(submitted.fetch_all(db).await?)
}

/// Of each of these profiles how often it was returned, and how many others wait with its license number.
pub(crate) async fn count_rounds(
    db: &mut PgConnection,
    submitted: &[OrganizationId],
) -> Result<HashMap<OrganizationId, Rounds>, DatabaseError> {
    let counted: Vec<(OrganizationId, i64, i64)> = sqlx::query_as(
        "SELECT o.organization_id,
                (SELECT count(*) FROM staff_acts s
                 WHERE s.organization_id = o.organization_id AND s.act = 'RETURN_ORGANIZATION'),
                (SELECT count(*) FROM organizations other
                 WHERE other.licensing_authority = o.licensing_authority
                   AND other.license_number_normalized = o.license_number_normalized
                   AND other.state = 'SUBMITTED' AND other.organization_id <> o.organization_id)
         FROM organizations o WHERE o.organization_id = ANY ($1)",
    )
    .bind(submitted)
    .fetch_all(db)
    .await?;
    let rounds = |(id, returns, rivals)| (id, Rounds { returns, rivals });
    Ok(counted.into_iter().map(rounds).collect())
}

/// The other profiles that wait with the license number of the one that is approved, locked until the transaction ends.
pub(crate) async fn lock_rivals(
    tx: &mut PgConnection,
    approved: OrganizationId,
    license: &License,
) -> Result<Vec<Organization>, DatabaseError> {
    let rivals = sqlx::query_as(select!(
        "WHERE licensing_authority = $2 AND license_number_normalized = $3 AND state = 'SUBMITTED'
           AND organization_id <> $1
         ORDER BY organization_id FOR NO KEY UPDATE"
    ));
    let rivals = rivals
        .bind(approved)
        .bind(license.authority().as_str())
        .bind(license.normalized());
    Ok(rivals.fetch_all(tx).await?)
}

/// Waits until nobody else begins a profile of this person. Taken before the lock of a programme.
pub(crate) async fn lock_owner(tx: &mut PgConnection, owner: PersonId) -> Result<(), DatabaseError> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('owner ' || $1::text, 0))")
        .bind(owner)
        .execute(tx)
        .await?;
    Ok(())
}

/// How many profiles of a person are in one of these states. Who counts adds one, and has [`lock_owner`].
pub(crate) async fn count_of_owner(
    tx: &mut PgConnection,
    owner: PersonId,
    states: &[OrganizationState],
) -> Result<i64, DatabaseError> {
    let count = sqlx::query_scalar(
        "SELECT count(*) FROM organizations WHERE owner_person_id = $1 AND state = ANY ($2)",
    );
    Ok(count.bind(owner).bind(states).fetch_one(tx).await?)
}

/// The number of the other profile that holds this license: it was approved, and is not closed. Across
/// organizations: licenses are unique in the whole registry.
pub(crate) async fn find_license_holder(
    db: &mut PgConnection,
    except: OrganizationId,
    license: &License,
) -> Result<Option<OrganizationNumber>, DatabaseError> {
    let holder = sqlx::query_as(
        "SELECT organization_number FROM organizations
         WHERE licensing_authority = $2 AND license_number_normalized = $3 AND organization_id <> $1
           AND approve_time IS NOT NULL AND state <> 'CLOSED'",
    )
    .bind(except)
    .bind(license.authority().as_str())
    .bind(license.normalized())
    .fetch_optional(db)
    .await?;
    Ok(holder)
}

/// The profile that was made of a programme, unless it was rejected or closed. Across organizations: a programme is of none.
pub(crate) async fn find_claimant(
    db: &mut PgConnection,
    programme: ProgrammeId,
) -> Result<Option<Organization>, DatabaseError> {
    let claimant = sqlx::query_as(select!(
        "WHERE programme_id = $1 AND state NOT IN ('REJECTED', 'CLOSED')"
    ));
    Ok(claimant.bind(programme).fetch_optional(db).await?)
}

/// The approved profile that holds a license. Across organizations, as [`find_license_holder`].
pub(crate) async fn find_holder(
    db: &mut PgConnection,
    license: &License,
) -> Result<Option<Organization>, DatabaseError> {
    let holder = sqlx::query_as(select!(
        "WHERE licensing_authority = $1 AND license_number_normalized = $2
           AND approve_time IS NOT NULL AND state <> 'CLOSED'"
    ));
    let holder = holder
        .bind(license.authority().as_str())
        .bind(license.normalized());
    Ok(holder.fetch_optional(db).await?)
}

/// The approved profile that had a license number before, the latest one.
pub(crate) async fn find_former_holder(
    db: &mut PgConnection,
    license: &License,
) -> Result<Option<Organization>, DatabaseError> {
    let holder = sqlx::query_as(select!(
        "WHERE approve_time IS NOT NULL AND state <> 'CLOSED' AND organization_id = (
             SELECT former.organization_id FROM license_numbers AS former JOIN organizations AS o USING (organization_id)
             WHERE former.licensing_authority = $1 AND former.license_number_normalized = $2
               AND former.end_time IS NOT NULL AND o.approve_time IS NOT NULL AND o.state <> 'CLOSED'
             ORDER BY former.end_time DESC LIMIT 1)"
    ));
    let holder = holder
        .bind(license.authority().as_str())
        .bind(license.normalized());
    Ok(holder.fetch_optional(db).await?)
}

/// Gives the profiles that were made of these programmes the name, the type and the number that the authority tells now.
pub(crate) async fn follow_programmes(
    tx: &mut PgConnection,
    programmes: &[ProgrammeId],
) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE organizations AS o
         SET display_name = p.display_name, organization_type = p.programme_type,
             license_number_as_given = p.license_number_as_given, version = o.version + 1
         FROM programmes AS p
         WHERE o.programme_id = p.programme_id AND o.programme_id = ANY ($1) AND o.state NOT IN ('REJECTED', 'CLOSED')
           AND (o.display_name, o.organization_type, o.license_number_as_given)
               <> (p.display_name, p.programme_type, p.license_number_as_given)",
    )
    .bind(programmes)
    .execute(tx)
    .await?;
    Ok(())
}
