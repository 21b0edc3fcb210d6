//! What registry staff looked at.

use muster_database::DatabaseError;
use muster_ids::{OrganizationId, PersonId, StaffReadId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};

use crate::domain::StaffRead;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT organization_id, staff_read_id, staff_person_id, staff_display_name, method, subject, person_id, reason,
                    read_time
             FROM staff_reads ",
            $rest
        )
    };
}

impl FromRow<'_, PgRow> for StaffRead {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            organization: row.try_get("organization_id")?,
            id: row.try_get("staff_read_id")?,
            staff: row.try_get("staff_person_id")?,
            staff_display_name: row.try_get("staff_display_name")?,
            method: row.try_get("method")?,
            subject: row.try_get("subject")?,
            person: row.try_get("person_id")?,
            reason: row.try_get("reason")?,
            time: row.try_get("read_time")?,
        })
    }
}

/// Writes a look down; one that stands there already is left as it is.
pub(crate) async fn insert(tx: &mut PgConnection, read: &StaffRead) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO staff_reads (organization_id, staff_read_id, staff_person_id, staff_display_name, method, subject,
                person_id, reason, read_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT ON CONSTRAINT staff_reads_pkey DO NOTHING",
    )
    .bind(read.organization)
    .bind(read.id)
    .bind(read.staff)
    .bind(&read.staff_display_name)
    .bind(&read.method)
    .bind(&read.subject)
    .bind(read.person)
    .bind(&read.reason)
    .bind(read.time)
    .execute(tx)
    .await?;
    Ok(())
}

/// The looks at an organization, newest first.
pub(crate) async fn list(
    db: &mut PgConnection,
    organization: OrganizationId,
    before: Option<StaffReadId>,
    limit: i64,
) -> Result<Vec<StaffRead>, DatabaseError> {
    let page = sqlx::query_as(select!(
        "WHERE organization_id = $1 AND ($2::uuid IS NULL OR staff_read_id < $2)
         ORDER BY staff_read_id DESC LIMIT $3"
    ));
    Ok(page
        .bind(organization)
        .bind(before)
        .bind(limit)
        .fetch_all(db)
        .await?)
}

/// The looks at one person, at any organization, newest first: those at what is theirs alone, those at the invitation that
/// became them, and those at whole lists of an organization that knew them by then.
pub(crate) async fn list_of_person(
    db: &mut PgConnection,
    person: PersonId,
    before: Option<StaffReadId>,
    limit: i64,
) -> Result<Vec<StaffRead>, DatabaseError> {
    let page = sqlx::query_as(concat!(
        "(",
        select!(
            "WHERE person_id = $1 AND ($2::uuid IS NULL OR staff_read_id < $2)
             ORDER BY staff_read_id DESC LIMIT $3"
        ),
        ")
         UNION ALL
         SELECT at_list.* FROM employment_projection known CROSS JOIN LATERAL (",
        select!(
            "WHERE organization_id = known.organization_id AND person_id IS NULL
               AND ($2::uuid IS NULL OR staff_read_id < $2)
               AND (subject = 'organizations/' || known.organization_id AND read_time >= known.known_since
                    OR subject = 'organizations/' || known.organization_id
                                 || '/invitations/' || known.source_invitation_id)
             ORDER BY staff_read_id DESC LIMIT $3"
        ),
        ") at_list
         WHERE known.person_id = $1
         ORDER BY staff_read_id DESC LIMIT $3"
    ));
    Ok(page.bind(person).bind(before).bind(limit).fetch_all(db).await?)
}
