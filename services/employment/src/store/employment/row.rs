//! Rows of employments.

use muster_ids::{EmploymentId, GrantId, GroupId, InvitationId, LocationId, PersonId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};
use time::{Date, OffsetDateTime};

use crate::domain::{
    Consent, Employment, EmploymentState, End, EndTime, Kept, Position, Rejection, RejectionReason, Settled,
    Side, Terms,
};

impl FromRow<'_, PgRow> for Employment {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            organization: row.try_get("organization_id")?,
            id: row.try_get("employment_id")?,
            person: row.try_get("person_id")?,
            person_display_name: row.try_get("person_display_name")?,
            state: row.try_get("state")?,
            groups: row.try_get::<Vec<_>, _>("groups")?.into_iter().collect(),
            location: row.try_get("location_id")?,
            source_invitation: row.try_get("source_invitation_id")?,
            version: row.try_get("version")?,
            create_time: row.try_get("create_time")?,
            verify_time: row.try_get("verify_time")?,
            first_verify_time: row.try_get("first_verify_time")?,
            wait_time: row.try_get("wait_time")?,
            end: end(row)?,
            kept: Kept {
                person: settled(row, "person_last_day", "person_end_reason")?,
                organization: settled(row, "organization_last_day", "organization_end_reason")?,
            },
            corrections: row.try_get("corrections")?,
            rejections: rejections(row)?,
            start: row.try_get("start_date")?,
            positions: positions(row)?,
            consent: consent(row)?,
        })
    }
}

/// What came with the claim.
fn consent(row: &PgRow) -> Result<Option<Consent>, sqlx::Error> {
    let grant: Option<GrantId> = row.try_get("consent_grant_id")?;
    let (Some(grant), Some(time)) = (grant, row.try_get("consent_time")?) else {
        return Ok(None);
    };
    let wording: Option<String> = row.try_get("consent_wording")?;
    Ok(Some(Consent {
        grant,
        time,
        terms: Terms {
            expire_time: row.try_get("consent_expire_time")?,
            wording: wording.unwrap_or_default(),
        },
    }))
}

fn end(row: &PgRow) -> Result<Option<End>, sqlx::Error> {
    let past: Option<OffsetDateTime> = row.try_get("end_time")?;
    let due: Option<OffsetDateTime> = row.try_get("end_due_time")?;
    let at = past.map(EndTime::Past).or(due.map(EndTime::Due));
    let (Some(at), Some(reason)) = (at, row.try_get("end_reason")?) else {
        return Ok(None);
    };
    let by: Option<Side> = row.try_get("ended_by")?;
    Ok(Some(End {
        reason,
        // Before that was kept, only organizations ended any.
        by: by.unwrap_or(Side::Organization),
        last_day: row.try_get("last_day")?,
        at,
    }))
}

fn settled(row: &PgRow, last_day: &str, reason: &str) -> Result<Option<Settled>, sqlx::Error> {
    let last_day: Option<Date> = row.try_get(last_day)?;
    let reason: Option<String> = row.try_get(reason)?;
    let both = last_day.zip(reason);
    Ok(both.map(|(last_day, reason)| Settled { reason, last_day }))
}

/// Four arrays of one length; absent when there is none.
fn rejections(row: &PgRow) -> Result<Vec<Rejection>, sqlx::Error> {
    let reasons = row.try_get::<Option<Vec<RejectionReason>>, _>("reasons")?;
    let comments = row.try_get::<Option<Vec<String>>, _>("comments")?;
    let persons = row.try_get::<Option<Vec<PersonId>>, _>("persons")?;
    let times = row.try_get::<Option<Vec<OffsetDateTime>>, _>("times")?;
    let reasons = reasons.into_iter().flatten().zip(comments.into_iter().flatten());
    let acts = persons.into_iter().flatten().zip(times.into_iter().flatten());
    let each = reasons
        .zip(acts)
        .map(|((reason, comment), (by, time))| Rejection {
            reason,
            comment,
            by,
            time,
        });
    Ok(each.collect())
}

/// As above.
fn positions(row: &PgRow) -> Result<Vec<Position>, sqlx::Error> {
    let codes = row.try_get::<Option<Vec<String>>, _>("codes")?;
    let titles = row.try_get::<Option<Vec<String>>, _>("titles")?;
    let starts = row.try_get::<Option<Vec<Date>>, _>("starts")?;
    let ends = row.try_get::<Option<Vec<Option<Date>>>, _>("ends")?;
    let names = codes.into_iter().flatten().zip(titles.into_iter().flatten());
    let days = starts.into_iter().flatten().zip(ends.into_iter().flatten());
    let each = names.zip(days).map(|((code, title), (start, end))| Position {
        code,
        title,
        start,
        end,
    });
    Ok(each.collect())
}

/// The latest employment of a person at an organization, as others project it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Latest {
    pub(crate) id: EmploymentId,
    pub(crate) state: EmploymentState,
    pub(crate) version: i64,
    pub(crate) create_time: OffsetDateTime,
    /// When it came to this.
    pub(crate) update_time: OffsetDateTime,
    /// What the person is called; may be empty.
    pub(crate) person_display_name: String,
    /// The groups the learner is in.
    pub(crate) groups: Vec<GroupId>,
    /// The place of work.
    pub(crate) location: Option<LocationId>,
    /// The invitation it came from.
    pub(crate) source_invitation: Option<InvitationId>,
    /// What the person granted with their claim.
    pub(crate) consent: Option<Consent>,
}

impl FromRow<'_, PgRow> for Latest {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("employment_id")?,
            state: row.try_get("state")?,
            version: row.try_get("version")?,
            create_time: row.try_get("create_time")?,
            update_time: row.try_get("update_time")?,
            person_display_name: row.try_get("person_display_name")?,
            groups: row.try_get("groups")?,
            location: row.try_get("location_id")?,
            source_invitation: row.try_get("source_invitation_id")?,
            consent: consent(row)?,
        })
    }
}
