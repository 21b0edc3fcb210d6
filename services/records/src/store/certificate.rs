//! Certificates.

use muster_database::DatabaseError;
use muster_ids::{AssignmentId, CertificateId, CertificateName, OrganizationId, PersonId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};

use crate::domain::{Certificate, CertificateNames, OrganizationTold};

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
            names: CertificateNames {
                person: row.try_get("person_display_name")?,
                organization: row.try_get("organization_display_name")?,
                time_zone: row.try_get("time_zone")?,
            },
        })
    }
}

/// A certificate, from the rows that `which` says, as text.
macro_rules! select {
    ($which:literal) => {
        concat!(
            "SELECT person_id, certificate_id, certificate_number, organization_id, training_id, training_display_name,
                    issue_time, duration_minutes, expire_time, person_display_name, organization_display_name, time_zone
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
                                   training_id, training_display_name, issue_time, duration_minutes, expire_time,
                                   person_display_name, organization_display_name, time_zone)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
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
    .bind(&new.names.person)
    .bind(&new.names.organization)
    .bind(&new.names.time_zone)
    .execute(tx)
    .await?;
    Ok(())
}

/// Gives a certificate the names that it has not yet, and answers those that it has then: what somebody else gave it meanwhile stays.
pub(crate) async fn name(
    tx: &mut PgConnection,
    certificate: CertificateName,
    names: &CertificateNames,
) -> Result<Option<CertificateNames>, DatabaseError> {
    type Named = (Option<String>, Option<String>, Option<String>);
    let named: Option<Named> = sqlx::query_as(
        "UPDATE certificates
         SET person_display_name = coalesce(person_display_name, $3),
             organization_display_name = coalesce(organization_display_name, $4),
             time_zone = CASE WHEN organization_display_name IS NULL THEN $5 ELSE time_zone END
         WHERE person_id = $1 AND certificate_id = $2
         RETURNING person_display_name, organization_display_name, time_zone",
    )
    .bind(certificate.person)
    .bind(certificate.certificate)
    .bind(&names.person)
    .bind(&names.organization)
    .bind(&names.time_zone)
    .fetch_optional(tx)
    .await?;
    Ok(named.map(|(person, organization, time_zone)| CertificateNames {
        person,
        organization,
        time_zone,
    }))
}

/// The first organization behind `after` of whose certificates some are without its name, in the order of ids.
pub(crate) async fn next_unnamed(
    db: &mut PgConnection,
    after: Option<OrganizationId>,
) -> Result<Option<OrganizationId>, DatabaseError> {
    let next = sqlx::query_scalar(
        "SELECT organization_id FROM certificates
         WHERE organization_id IS NOT NULL AND organization_display_name IS NULL
           AND ($1::uuid IS NULL OR organization_id > $1)
         ORDER BY organization_id LIMIT 1",
    )
    .bind(after)
    .fetch_optional(db)
    .await?;
    Ok(next)
}

/// At most `limit` persons to whom the organization has issued certificates that are without its name.
pub(crate) async fn list_unnamed(
    db: &mut PgConnection,
    organization: OrganizationId,
    limit: i64,
) -> Result<Vec<PersonId>, DatabaseError> {
    let persons = sqlx::query_scalar(
        "SELECT DISTINCT person_id FROM certificates
         WHERE organization_id = $1 AND organization_display_name IS NULL
         LIMIT $2",
    )
    .bind(organization)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(persons)
}

/// Names the certificates of the organization that are without its name, of these persons, each `called` so; empty: nobody said.
pub(crate) async fn name_all(
    tx: &mut PgConnection,
    organization: OrganizationId,
    told: &OrganizationTold,
    called: &[(PersonId, String)],
) -> Result<(), DatabaseError> {
    let persons: Vec<PersonId> = called.iter().map(|(person, _)| *person).collect();
    let names: Vec<&str> = called.iter().map(|(_, name)| name.as_str()).collect();
    sqlx::query(
        "UPDATE certificates AS c
         SET organization_display_name = $2, time_zone = $5,
             person_display_name = coalesce(c.person_display_name, nullif(told.name, ''))
         FROM unnest($3::uuid[], $4::text[]) AS told (person_id, name)
         WHERE c.person_id = told.person_id AND c.organization_id = $1 AND c.organization_display_name IS NULL",
    )
    .bind(organization)
    .bind(&told.display_name)
    .bind(persons)
    .bind(names)
    .bind(&told.time_zone)
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
