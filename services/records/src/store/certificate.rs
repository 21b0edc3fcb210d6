//! Certificates.

use muster_database::DatabaseError;
use muster_ids::{AssignmentId, CertificateId, OrganizationId, PersonId, TrainingId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Before;
use crate::domain::Certificate;

#[derive(Debug, sqlx::FromRow)]
struct CertificateRow {
    person_id: Uuid,
    certificate_id: Uuid,
    certificate_number: String,
    organization_id: Uuid,
    training_id: Uuid,
    training_display_name: String,
    issue_time: OffsetDateTime,
}

impl From<CertificateRow> for Certificate {
    fn from(row: CertificateRow) -> Self {
        Self {
            person: PersonId::from_uuid(row.person_id),
            id: CertificateId::from_uuid(row.certificate_id),
            number: row.certificate_number,
            training: TrainingId::from_uuid(row.training_id),
            training_display_name: row.training_display_name,
            organization: OrganizationId::from_uuid(row.organization_id),
            issue_time: row.issue_time,
        }
    }
}

/// Issues a certificate for an assignment that has none.
///
/// # Errors
/// The database's.
pub(crate) async fn insert(
    tx: &mut PgConnection,
    new: &Certificate,
    assignment: AssignmentId,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO certificates (person_id, certificate_id, certificate_number, assignment_id, organization_id,
                                   training_id, training_display_name, issue_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(new.person.as_uuid())
    .bind(new.id.as_uuid())
    .bind(&new.number)
    .bind(assignment.as_uuid())
    .bind(new.organization.as_uuid())
    .bind(new.training.as_uuid())
    .bind(&new.training_display_name)
    .bind(new.issue_time)
    .execute(tx)
    .await?;
    Ok(())
}

/// A person's certificates, newest first.
///
/// # Errors
/// The database's.
pub(crate) async fn list_of_person(
    db: &mut PgConnection,
    person: PersonId,
    before: Before,
    limit: i64,
) -> Result<Vec<Certificate>, DatabaseError> {
    let rows: Vec<CertificateRow> = sqlx::query_as(
        "SELECT person_id, certificate_id, certificate_number, organization_id, training_id, training_display_name,
                issue_time
         FROM certificates
         WHERE person_id = $1 AND ($2::uuid IS NULL OR certificate_id < $2)
         ORDER BY certificate_id DESC LIMIT $3",
    )
    .bind(person.as_uuid())
    .bind(before)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Certificate::from).collect())
}
