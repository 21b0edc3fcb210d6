//! Certificates.

use muster_database::DatabaseError;
use muster_ids::{AssignmentId, CertificateId, OrganizationId, PersonId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};

use crate::domain::Certificate;

impl FromRow<'_, PgRow> for Certificate {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            person: row.try_get("person_id")?,
            id: row.try_get("certificate_id")?,
            number: row.try_get("certificate_number")?,
            training: row.try_get("training_id")?,
            training_display_name: row.try_get("training_display_name")?,
            organization: row.try_get("organization_id")?,
            issue_time: row.try_get("issue_time")?,
            duration_minutes: row.try_get("duration_minutes")?,
            expire_time: row.try_get("expire_time")?,
        })
    }
}

/// Issues a certificate for an assignment that has none.
pub(crate) async fn insert(
    tx: &mut PgConnection,
    new: &Certificate,
    assignment: AssignmentId,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO certificates (person_id, certificate_id, certificate_number, assignment_id, organization_id,
                                   training_id, training_display_name, issue_time, duration_minutes, expire_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(new.person)
    .bind(new.id)
    .bind(&new.number)
    .bind(assignment)
    .bind(new.organization)
    .bind(new.training)
    .bind(&new.training_display_name)
    .bind(new.issue_time)
    .bind(new.duration_minutes)
    .bind(new.expire_time)
    .execute(tx)
    .await?;
    Ok(())
}

/// A person's certificates, newest first.
pub(crate) async fn list_of_person(
    db: &mut PgConnection,
    person: PersonId,
    before: Option<CertificateId>,
    limit: i64,
) -> Result<Vec<Certificate>, DatabaseError> {
    let page = sqlx::query_as(
        "SELECT person_id, certificate_id, certificate_number, organization_id, training_id, training_display_name,
                issue_time, duration_minutes, expire_time
         FROM certificates
         WHERE person_id = $1 AND ($2::uuid IS NULL OR certificate_id < $2)
         ORDER BY certificate_id DESC LIMIT $3",
    )
    .bind(person)
    .bind(before)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(page)
}

/// The certificates that were issued for what was completed for the organization, newest first: of everybody, or of one person.
pub(crate) async fn list_issued(
    db: &mut PgConnection,
    organization: OrganizationId,
    person: Option<PersonId>,
    before: Option<CertificateId>,
    limit: i64,
) -> Result<Vec<Certificate>, DatabaseError> {
    let page = sqlx::query_as(
        "SELECT person_id, certificate_id, certificate_number, organization_id, training_id, training_display_name,
                issue_time, duration_minutes, expire_time
         FROM certificates
         WHERE organization_id = $1 AND ($2::uuid IS NULL OR certificate_id < $2) AND ($4::uuid IS NULL OR person_id = $4)
         ORDER BY certificate_id DESC LIMIT $3",
    )
    .bind(organization)
    .bind(before)
    .bind(limit)
    .bind(person)
    .fetch_all(db)
    .await?;
    Ok(page)
}
