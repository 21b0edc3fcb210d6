//! Certificates.

use muster_database::DatabaseError;
use muster_ids::{AssignmentId, CertificateId, CertificateName, OrganizationId, PersonId};
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

/// A certificate, from the rows that `which` says, as text.
macro_rules! select {
    ($which:literal) => {
        concat!(
            "SELECT person_id, certificate_id, certificate_number, organization_id, training_id, training_display_name,
                    issue_time, duration_minutes, expire_time
             FROM certificates ",
            $which
        )
    };
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

/// A person's certificate.
pub(crate) async fn find(
    db: &mut PgConnection,
    name: CertificateName,
) -> Result<Option<Certificate>, DatabaseError> {
    let found = sqlx::query_as(select!("WHERE person_id = $1 AND certificate_id = $2"))
        .bind(name.person)
        .bind(name.certificate)
        .fetch_optional(db)
        .await?;
    Ok(found)
}

/// A person's certificates, newest first.
pub(crate) async fn list_of_person(
    db: &mut PgConnection,
    person: PersonId,
    before: Option<CertificateId>,
    limit: i64,
) -> Result<Vec<Certificate>, DatabaseError> {
    let page = sqlx::query_as(select!(
        "WHERE person_id = $1 AND ($2::uuid IS NULL OR certificate_id < $2)
         ORDER BY certificate_id DESC LIMIT $3"
    ))
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
    let page = match person {
        Some(person) => sqlx::query_as(ISSUED_TO_ONE)
            .bind(organization)
            .bind(before)
            .bind(limit)
            .bind(person),
        None => sqlx::query_as(ISSUED).bind(organization).bind(before).bind(limit),
    };
    Ok(page.fetch_all(db).await?)
}

/// Two statements, so that each has the plan that it needs, whichever a process keeps: a person has few certificates, and is not looked for
/// among all that an organization has issued.
const ISSUED: &str = select!(
    "WHERE organization_id = $1 AND ($2::uuid IS NULL OR certificate_id < $2)
     ORDER BY certificate_id DESC LIMIT $3"
);
const ISSUED_TO_ONE: &str =
select!(
    "WHERE person_id = $4 AND organization_id IS NOT DISTINCT FROM $1 AND ($2::uuid IS NULL OR certificate_id < $2)
     ORDER BY certificate_id DESC LIMIT $3"
);

#[cfg(test)]
mod tests {
    use muster_server::Service;
    use muster_testkit::TestDatabase;
    use sqlx::{AssertSqlSafe, Row};

    use super::{ISSUED, ISSUED_TO_ONE};
    use crate::RecordsService;

    /// A process keeps the plans that it made while the table was young.
    #[tokio::test(flavor = "multi_thread")]
    async fn what_was_issued_is_found_by_its_index_from_the_first_day() {
        let database = TestDatabase::new(&RecordsService::MIGRATOR, RecordsService::NAME).await;
        let mut connection = database.connection().await;
        let statements = [
            (
                ISSUED,
                "(uuid, uuid, bigint)",
                "NULL, NULL, 10",
                "(organization_id = $1)",
            ),
            (
                ISSUED_TO_ONE,
                "(uuid, uuid, bigint, uuid)",
                "NULL, NULL, 10, NULL",
                "(person_id = $4)",
            ),
        ];
        for (statement, types, values, found_by) in statements {
            for statement in [
                "SET plan_cache_mode = force_generic_plan".to_owned(),
                "DEALLOCATE ALL".to_owned(),
                format!("PREPARE issued {types} AS {statement}"),
            ] {
                let done = sqlx::raw_sql(AssertSqlSafe(statement));
                done.execute(&mut connection).await.unwrap();
            }
            let explain = format!("EXPLAIN (COSTS OFF) EXECUTE issued ({values})");
            let rows = sqlx::raw_sql(AssertSqlSafe(explain))
                .fetch_all(&mut connection)
                .await
                .unwrap();
            let lines: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
            let plan = lines.join("\n");
            assert!(plan.contains(&format!("Index Cond: {found_by}")), "{plan}");
        }
    }
}
