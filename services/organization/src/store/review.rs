//! Reviews.

use muster_database::DatabaseError;
use muster_ids::{AccessNoticeName, OrganizationId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use time::{Duration, OffsetDateTime};

use super::guarded;
use crate::domain::{
    AccessRequestState, EmploymentState, GroupState, LicenseStatus, Organization, Review, ReviewItem,
    ReviewSubject,
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

/// What there is to check of an organization, at one moment, in an order to go by.
pub(crate) async fn items(
    db: &mut PgConnection,
    organization: &Organization,
    now: OffsetDateTime,
    soon: Duration,
) -> Result<Vec<ReviewItem>, DatabaseError> {
    let counts: [i64; 9] = {
        let row = sqlx::query(
            "SELECT (SELECT count(*) FROM programmes WHERE programme_id = $2 AND license_status <> ALL ($8)) AS unlicensed,
                    (SELECT count(*) FROM profile_users
                     WHERE organization_id = $1 AND (expire_time IS NULL OR expire_time > $3)) AS users,
                    (SELECT count(*) FROM profile_users
                     WHERE organization_id = $1 AND expire_time > $3 AND expire_time <= $4) AS ending,
                    (SELECT count(*) FROM access_requests
                     WHERE organization_id = $1 AND state = $5 AND expire_time > $3) AS asking,
                    (SELECT count(*) FROM employment_projection WHERE organization_id = $1 AND state = $6) AS employees,
                    (SELECT count(*) FROM employment_projection WHERE organization_id = $1 AND state = $7) AS claims,
                    (SELECT count(*) FROM locations WHERE organization_id = $1) AS locations,
                    (SELECT count(*) FROM groups WHERE organization_id = $1 AND state = $9) AS groups,
                    (SELECT count(*) FROM groups g WHERE g.organization_id = $1 AND g.state = $9
                       AND NOT EXISTS (SELECT FROM group_trainings t
                                       WHERE t.organization_id = g.organization_id AND t.group_id = g.group_id)) AS idle",
        )
        .bind(organization.id)
        .bind(organization.programme)
        .bind(now)
        .bind(now + soon)
        .bind(AccessRequestState::Pending)
        .bind(EmploymentState::Verified)
        .bind(EmploymentState::PendingVerification)
        .bind(LicenseStatus::IN_FORCE)
        .bind(GroupState::Active)
        .fetch_one(db)
        .await?;
        let mut counts = [0; 9];
        for (place, count) in counts.iter_mut().enumerate() {
            *count = row.try_get(place)?;
        }
        counts
    };
    let [
        unlicensed,
        users,
        ending,
        asking,
        employees,
        claims,
        locations,
        groups,
        idle,
    ] = counts;
    let item = |(subject, count, attention)| ReviewItem {
        subject,
        count,
        attention,
    };
    Ok([
        // A start-up has no license that could be in force.
        (
            ReviewSubject::Profile,
            1,
            unlicensed + i64::from(organization.licensing.license().is_none()),
        ),
        // The owner is none of the rows.
        (ReviewSubject::ProfileUsers, users + 1, ending),
        (ReviewSubject::AccessRequests, asking, asking),
        (ReviewSubject::Employees, employees, 0),
        (ReviewSubject::EmploymentClaims, claims, claims),
        (ReviewSubject::Locations, locations, 0),
        (ReviewSubject::Groups, groups, idle),
    ]
    .map(item)
    .into())
}
