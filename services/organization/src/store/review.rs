//! Reviews.

use muster_database::DatabaseError;
use muster_ids::{AccessNoticeName, OrganizationId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use time::{Duration, OffsetDateTime};

use super::organization::lines;
use super::organization::row::address;
use super::{employment_projection, guarded};
use crate::domain::{
    AccessRequestState, CatalogTrainingState, EmploymentState, GroupState, LicenseStatus, LocationState,
    Organization, PublicFace, PublicName, Review, ReviewItem, ReviewSubject,
};

impl FromRow<'_, PgRow> for Review {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            organization: row.try_get("organization_id")?,
            notice: row.try_get("notice_id")?,
            since: row.try_get("since_time")?,
            confirmed_by: row.try_get("confirm_person_id")?,
            mail_number: row.try_get("mail_number")?,
            remind_time: row.try_get("remind_time")?,
        })
    }
}

impl FromRow<'_, PgRow> for PublicFace {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            display_name: PublicName::stored(row.try_get("display_name")?),
            address: address(row)?,
        })
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT organization_id, notice_id, since_time, confirm_person_id, mail_number, remind_time FROM reviews ",
            $rest
        )
    };
}

/// Adds the review of a profile, unless it has one.
pub(crate) async fn insert(tx: &mut PgConnection, new: &Review) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO reviews (organization_id, notice_id, since_time, confirm_person_id, mail_number, remind_time)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT ON CONSTRAINT reviews_pkey DO NOTHING",
    )
    .bind(new.organization)
    .bind(new.notice)
    .bind(new.since)
    .bind(new.confirmed_by)
    .bind(new.mail_number)
    .bind(new.remind_time)
    .execute(tx)
    .await?;
    Ok(())
}

/// Keeps what strangers see of a profile that is approved.
pub(crate) async fn keep_approved(
    tx: &mut PgConnection,
    approved: &Organization,
) -> Result<(), DatabaseError> {
    let done = sqlx::query(
        "UPDATE reviews SET approved_display_name = $2, approved_address = $3 WHERE organization_id = $1",
    )
    .bind(approved.id)
    .bind(approved.display_name.as_str())
    .bind(&lines(approved.address.as_ref())[..])
    .execute(tx)
    .await?;
    guarded(done)
}

/// What strangers saw of a profile when it was approved; `None` where that was not kept.
pub(crate) async fn find_approved(
    db: &mut PgConnection,
    organization: OrganizationId,
) -> Result<Option<PublicFace>, DatabaseError> {
    let approved = sqlx::query_as(
        "SELECT approved_display_name AS display_name, approved_address AS address FROM reviews
         WHERE organization_id = $1 AND approved_display_name IS NOT NULL",
    );
    Ok(approved.bind(organization).fetch_optional(db).await?)
}

/// The review of a profile.
pub(crate) async fn find(
    db: &mut PgConnection,
    organization: OrganizationId,
) -> Result<Option<Review>, DatabaseError> {
    let found = sqlx::query_as(select!("WHERE organization_id = $1"));
    Ok(found.bind(organization).fetch_optional(db).await?)
}

/// The review of a profile, locked until the transaction ends.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    organization: OrganizationId,
) -> Result<Option<Review>, DatabaseError> {
    let found = sqlx::query_as(select!("WHERE organization_id = $1 FOR NO KEY UPDATE"));
    Ok(found.bind(organization).fetch_optional(tx).await?)
}

/// The review for which this notice stands.
pub(crate) async fn find_noticed(
    db: &mut PgConnection,
    name: AccessNoticeName,
) -> Result<Option<Review>, DatabaseError> {
    let found = sqlx::query_as(select!("WHERE organization_id = $1 AND notice_id = $2"));
    let found = found.bind(name.organization).bind(name.notice);
    Ok(found.fetch_optional(db).await?)
}

/// At most `limit` reviews to look at at `now`, locked until the transaction ends; passing over those that somebody else holds.
/// Cross-tenant; the job only.
pub(crate) async fn lock_due(
    tx: &mut PgConnection,
    now: OffsetDateTime,
    limit: i64,
) -> Result<Vec<Review>, DatabaseError> {
    let due = sqlx::query_as(select!(
        "WHERE remind_time <= $1 ORDER BY remind_time LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED"
    ));
    Ok(due.bind(now).bind(limit).fetch_all(tx).await?)
}

/// Stores a review whose row is locked.
pub(crate) async fn update(tx: &mut PgConnection, changed: &Review) -> Result<(), DatabaseError> {
    let done = sqlx::query(
        "UPDATE reviews SET since_time = $2, confirm_person_id = $3, mail_number = $4, remind_time = $5
         WHERE organization_id = $1",
    )
    .bind(changed.organization)
    .bind(changed.since)
    .bind(changed.confirmed_by)
    .bind(changed.mail_number)
    .bind(changed.remind_time)
    .execute(tx)
    .await?;
    guarded(done)
}

/// Nobody is to be reminded of it any more.
pub(crate) async fn disarm(tx: &mut PgConnection, organization: OrganizationId) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE reviews SET remind_time = NULL WHERE organization_id = $1")
        .bind(organization)
        .execute(tx)
        .await?;
    Ok(())
}

/// What there is to check of an organization, at one moment, in an order to go by.
pub(crate) async fn items(
    db: &mut PgConnection,
    organization: &Organization,
    now: OffsetDateTime,
    soon: Duration,
) -> Result<Vec<ReviewItem>, DatabaseError> {
    let row = sqlx::query(
        "SELECT (SELECT count(*) FROM profile_users
                 WHERE organization_id = $1 AND (expire_time IS NULL OR expire_time > $2)) AS users,
                (SELECT count(*) FROM profile_users
                 WHERE organization_id = $1 AND expire_time > $2 AND expire_time <= $3) AS ending,
                asking.count AS asking, asking.oldest AS asking_since,
                (SELECT count(*) FROM employment_projection WHERE organization_id = $1 AND state = $5) AS employees,
                (SELECT count(*) FROM locations WHERE organization_id = $1 AND state = $7) AS locations,
                (SELECT count(*) FROM groups WHERE organization_id = $1 AND state = $6) AS groups,
                (SELECT count(*) FROM groups g WHERE g.organization_id = $1 AND g.state = $6
                   AND NOT EXISTS (SELECT FROM group_trainings t JOIN catalog_trainings c USING (organization_id, training_id)
                                   WHERE t.organization_id = g.organization_id AND t.group_id = g.group_id
                                     AND c.state = $8)) AS idle
         FROM (SELECT count(*), min(create_time) AS oldest FROM access_requests
               WHERE organization_id = $1 AND state = $4 AND expire_time > $2) AS asking",
    )
    .bind(organization.id)
    .bind(now)
    .bind(now + soon)
    .bind(AccessRequestState::Pending)
    .bind(EmploymentState::Verified)
    .bind(GroupState::Active)
    .bind(LocationState::Active)
    .bind(CatalogTrainingState::Active)
    .fetch_one(&mut *db)
    .await?;
    let claims = employment_projection::waiting(db, organization.id).await?;
    let number = |column: &str| row.try_get::<i64, _>(column);
    let asking = number("asking")?;
    let item = |(subject, count, attention, oldest)| ReviewItem {
        subject,
        count,
        attention,
        oldest,
    };
    // A start-up has no license that could be in force.
    let is_in_force = organization.licensing.license().is_some()
        && organization
            .license_status
            .is_none_or(|status| LicenseStatus::IN_FORCE.contains(&status));
    Ok([
        (ReviewSubject::Profile, 1, i64::from(!is_in_force), None),
        // The owner is none of the rows.
        (
            ReviewSubject::ProfileUsers,
            number("users")? + 1,
            number("ending")?,
            None,
        ),
        (
            ReviewSubject::AccessRequests,
            asking,
            asking,
            row.try_get("asking_since")?,
        ),
        (ReviewSubject::Employees, number("employees")?, 0, None),
        (
            ReviewSubject::EmploymentClaims,
            claims.count,
            claims.count,
            claims.oldest,
        ),
        (ReviewSubject::Locations, number("locations")?, 0, None),
        (ReviewSubject::Groups, number("groups")?, number("idle")?, None),
    ]
    .map(item)
    .into())
}
