//! Grants.

use muster_database::{DatabaseError, Insertion};
use muster_ids::{EmploymentId, GrantId, OrganizationId, PersonId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use time::OffsetDateTime;

use super::changed_one;
use crate::domain::{Grant, GrantState, GrantStateName, Wish};

/// Every column: the one list of columns of this module.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT person_id, grant_id, organization_id, state, version, create_time, revoke_time, expire_time, decide_time,
                    requester_person_id, requester_display_name, request_message, employment_id, wording, source
             FROM grants ",
            $rest
        )
    };
}

impl FromRow<'_, PgRow> for Grant {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            person: row.try_get("person_id")?,
            id: row.try_get("grant_id")?,
            organization: row.try_get("organization_id")?,
            state: state(row)?,
            version: row.try_get("version")?,
            create_time: row.try_get("create_time")?,
            expire_time: row.try_get("expire_time")?,
            decide_time: row.try_get("decide_time")?,
            wish: wish(row)?,
            employment: row.try_get("employment_id")?,
            wording: row.try_get("wording")?,
            source: row.try_get("source")?,
        })
    }
}

fn state(row: &PgRow) -> Result<GrantState, sqlx::Error> {
    match (row.try_get("state")?, row.try_get("revoke_time")?) {
        (GrantStateName::Active, None) => Ok(GrantState::Active),
        (GrantStateName::Revoked, Some(revoke_time)) => Ok(GrantState::Revoked { revoke_time }),
        (GrantStateName::Lapsed, None) => Ok(GrantState::Lapsed),
        (GrantStateName::Expired, None) => Ok(GrantState::Expired),
        (GrantStateName::Requested, None) => Ok(GrantState::Requested),
        (GrantStateName::Denied, None) => Ok(GrantState::Denied),
        _ => Err(sqlx::Error::Decode("a grant is in no possible state".into())),
    }
}

fn wish(row: &PgRow) -> Result<Option<Wish>, sqlx::Error> {
    let requester: Option<PersonId> = row.try_get("requester_person_id")?;
    let Some(requester) = requester else {
        return Ok(None);
    };
    Ok(Some(Wish {
        requester,
        requester_display_name: row.try_get("requester_display_name")?,
        message: row.try_get("request_message")?,
    }))
}

/// Stores a new grant, unless, when it is in force or asked for, the person has one of the same state for the organization. Waits for
/// a transaction that is about to store one.
pub(crate) async fn insert(tx: &mut PgConnection, new: &Grant) -> Result<Insertion, DatabaseError> {
    let wish = new.wish.as_ref();
    let done = sqlx::query(
        "INSERT INTO grants (person_id, grant_id, organization_id, state, version, create_time, expire_time, decide_time,
                             requester_person_id, requester_display_name, request_message, employment_id, wording,
                             revoke_time, source)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         ON CONFLICT DO NOTHING",
    )
    .bind(new.person)
    .bind(new.id)
    .bind(new.organization)
    .bind(new.state.name())
    .bind(new.version)
    .bind(new.create_time)
    .bind(new.expire_time)
    .bind(new.decide_time)
    .bind(wish.map(|wish| wish.requester))
    .bind(wish.map_or("", |wish| &wish.requester_display_name))
    .bind(wish.map_or("", |wish| &wish.message))
    .bind(new.employment)
    .bind(&new.wording)
    .bind(new.state.revoke_time())
    .bind(new.source)
    .execute(tx)
    .await?;
    Ok(done.into())
}

/// The grant of the person to the organization that is in force now. It stays so until the transaction ends: taking it back waits
/// for it. Nobody else holds it meanwhile: with a shared lock, readings that begin all the time would keep a person who
/// takes it back waiting for ever.
pub(crate) async fn lock_active(
    tx: &mut PgConnection,
    person: PersonId,
    organization: OrganizationId,
    now: OffsetDateTime,
) -> Result<Option<Grant>, DatabaseError> {
    let active = sqlx::query_as(select!(
        "WHERE person_id = $1 AND organization_id = $2 AND state = 'ACTIVE' AND (expire_time IS NULL OR expire_time > $3)
         FOR NO KEY UPDATE"
    ))
    .bind(person)
    .bind(organization)
    .bind(now)
    .fetch_optional(tx)
    .await?;
    Ok(active)
}

/// What of the person and the organization is written down as in force or asked for, whatever the time is: at most one of each.
/// Locked until the transaction ends.
pub(crate) async fn lock_live(
    tx: &mut PgConnection,
    person: PersonId,
    organization: OrganizationId,
) -> Result<Vec<Grant>, DatabaseError> {
    let live = sqlx::query_as(select!(
        "WHERE person_id = $1 AND organization_id = $2 AND state = ANY ($3) ORDER BY grant_id FOR NO KEY UPDATE"
    ))
    .bind(person)
    .bind(organization)
    .bind(GrantStateName::LIVE)
    .fetch_all(tx)
    .await?;
    Ok(live)
}

/// What the person said no to last, of the organization.
pub(crate) async fn find_denied(
    tx: &mut PgConnection,
    person: PersonId,
    organization: OrganizationId,
) -> Result<Option<Grant>, DatabaseError> {
    let denied = sqlx::query_as(select!(
        "WHERE person_id = $1 AND organization_id = $2 AND state = $3 ORDER BY decide_time DESC LIMIT 1"
    ))
    .bind(person)
    .bind(organization)
    .bind(GrantStateName::Denied)
    .fetch_optional(tx)
    .await?;
    Ok(denied)
}

/// When the person decided last, after `time`, what the organization may read: gave it, denied it, or took it back.
pub(crate) async fn decided_after(
    tx: &mut PgConnection,
    person: PersonId,
    organization: OrganizationId,
    time: OffsetDateTime,
) -> Result<Option<OffsetDateTime>, DatabaseError> {
    let decided = sqlx::query_scalar(
        "SELECT max(GREATEST(decide_time, revoke_time)) FROM grants
         WHERE person_id = $1 AND organization_id = $2 AND (decide_time > $3 OR revoke_time > $3)",
    );
    let decided = decided.bind(person).bind(organization).bind(time);
    Ok(decided.fetch_one(tx).await?)
}

/// When what the person and the organization have of grants came to be, after `since`, oldest first, whatever became of it.
pub(crate) async fn list_times(
    tx: &mut PgConnection,
    person: PersonId,
    organization: OrganizationId,
    since: OffsetDateTime,
) -> Result<Vec<OffsetDateTime>, DatabaseError> {
    let times = sqlx::query_scalar(
        "SELECT create_time FROM grants
         WHERE person_id = $1 AND organization_id = $2 AND create_time > $3 ORDER BY create_time",
    );
    let times = times.bind(person).bind(organization).bind(since);
    Ok(times.fetch_all(tx).await?)
}

/// What the person granted and was asked for, newest first.
pub(crate) async fn list_of_person(
    db: &mut PgConnection,
    person: PersonId,
    before: Option<GrantId>,
    limit: i64,
) -> Result<Vec<Grant>, DatabaseError> {
    let page = sqlx::query_as(select!(
        "WHERE person_id = $1 AND ($2::uuid IS NULL OR grant_id < $2) ORDER BY grant_id DESC LIMIT $3"
    ))
    .bind(person)
    .bind(before)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(page)
}

/// The same, of one organization.
pub(crate) async fn list_of_learner(
    db: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
    before: Option<GrantId>,
    limit: i64,
) -> Result<Vec<Grant>, DatabaseError> {
    let page = sqlx::query_as(select!(
        "WHERE organization_id = $1 AND person_id = $2 AND ($3::uuid IS NULL OR grant_id < $3)
         ORDER BY grant_id DESC LIMIT $4"
    ))
    .bind(organization)
    .bind(person)
    .bind(before)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(page)
}

/// A grant of the person.
pub(crate) async fn find(
    db: &mut PgConnection,
    person: PersonId,
    id: GrantId,
) -> Result<Option<Grant>, DatabaseError> {
    let found = sqlx::query_as(select!("WHERE person_id = $1 AND grant_id = $2"))
        .bind(person)
        .bind(id)
        .fetch_optional(db)
        .await?;
    Ok(found)
}

/// A grant of the person, locked until the transaction ends.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    person: PersonId,
    id: GrantId,
) -> Result<Option<Grant>, DatabaseError> {
    let locked = sqlx::query_as(select!(
        "WHERE person_id = $1 AND grant_id = $2 FOR NO KEY UPDATE"
    ))
    .bind(person)
    .bind(id)
    .fetch_optional(tx)
    .await?;
    Ok(locked)
}

/// Stores a grant that was in force or asked for, and was changed; its row is locked, and is still the one that was read.
///
/// # Errors
/// The database's; [`DatabaseError::Inconsistent`] when the row is another version, or was over.
pub(crate) async fn update(tx: &mut PgConnection, changed: &Grant) -> Result<(), DatabaseError> {
    let done = sqlx::query(
        "UPDATE grants SET state = $3, revoke_time = $4, version = $5, expire_time = $7, decide_time = $8, wording = $9
         WHERE person_id = $1 AND grant_id = $2 AND version = $5 - 1 AND state = ANY ($6)",
    )
    .bind(changed.person)
    .bind(changed.id)
    .bind(changed.state.name())
    .bind(changed.state.revoke_time())
    .bind(changed.version)
    .bind(GrantStateName::LIVE)
    .bind(changed.expire_time)
    .bind(changed.decide_time)
    .bind(&changed.wording)
    .execute(tx)
    .await?;
    changed_one(done.rows_affected())
}

/// Ends the consent that a person gave an organization, or was asked for, before this employment there began: what was given while it
/// was known already stays, whatever the clocks of two machines say. Of what was over by the clock before, that is written down.
pub(crate) async fn lapse_former(
    tx: &mut PgConnection,
    person: PersonId,
    organization: OrganizationId,
    employment: EmploymentId,
    begin: OffsetDateTime,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE grants SET state = CASE WHEN expire_time <= $3 THEN $7 ELSE $4 END, version = version + 1
         WHERE person_id = $1 AND organization_id = $2 AND state = ANY ($5)
           AND COALESCE(decide_time, create_time) < $3 AND employment_id IS DISTINCT FROM $6",
    )
    .bind(person)
    .bind(organization)
    .bind(begin)
    .bind(GrantStateName::Lapsed)
    .bind(GrantStateName::LIVE)
    .bind(employment)
    .bind(GrantStateName::Expired)
    .execute(tx)
    .await?;
    Ok(())
}

/// Ends the consent that a person gave an organization, or was asked for, by `end`, when their employment there was over. Of what was
/// over by the clock before, that is written down.
pub(crate) async fn lapse(
    tx: &mut PgConnection,
    person: PersonId,
    organization: OrganizationId,
    end: OffsetDateTime,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE grants SET state = CASE WHEN expire_time <= $3 THEN $6 ELSE $4 END, version = version + 1
         WHERE person_id = $1 AND organization_id = $2 AND state = ANY ($5)
           AND COALESCE(decide_time, create_time) <= $3",
    )
    .bind(person)
    .bind(organization)
    .bind(end)
    .bind(GrantStateName::Lapsed)
    .bind(GrantStateName::LIVE)
    .bind(GrantStateName::Expired)
    .execute(tx)
    .await?;
    Ok(())
}
