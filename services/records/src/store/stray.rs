//! What lives on although the employment that it hangs on is over.

use muster_database::DatabaseError;
use muster_ids::{OrganizationId, PersonId};
use sqlx::{FromRow, PgConnection};

use crate::domain::{AssignmentStateName, EmploymentState, GrantStateName};

/// How many there are: none, unless something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub(crate) struct Strays {
    /// Consents in force to an organization where the person works no more.
    pub(crate) grants: i64,
    /// Assignments of an organization where the person works no more, or of a former employment there.
    pub(crate) assignments: i64,
}

/// To whom consents are in force where the person works no more.
pub(crate) async fn find_grants(
    db: &mut PgConnection,
    limit: i64,
) -> Result<Vec<(OrganizationId, PersonId)>, DatabaseError> {
    let found = sqlx::query_as(
        "SELECT organization_id, person_id FROM grants g JOIN employment_projection e USING (organization_id, person_id)
         WHERE g.state = $1 AND e.state = ANY ($2) LIMIT $3",
    );
    let found = found
        .bind(GrantStateName::Active)
        .bind(EmploymentState::OVER)
        .bind(limit);
    Ok(found.fetch_all(db).await?)
}

/// Counts them, in all organizations.
pub(crate) async fn count(db: &mut PgConnection) -> Result<Strays, DatabaseError> {
    let strays = sqlx::query_as(
        "SELECT (SELECT count(*) FROM grants g JOIN employment_projection e USING (organization_id, person_id)
                 WHERE g.state = $1 AND e.state = ANY ($2)) AS grants,
                (SELECT count(*) FROM assignments a JOIN employment_projection e USING (organization_id, person_id)
                 WHERE a.state = ANY ($3) AND (e.state <> ALL ($4) OR a.employment_id <> e.employment_id)) AS assignments",
    )
    .bind(GrantStateName::Active)
    .bind(EmploymentState::OVER)
    .bind(AssignmentStateName::LIVE)
    .bind(EmploymentState::OPEN)
    .fetch_one(db)
    .await?;
    Ok(strays)
}

#[cfg(test)]
mod tests {
    use muster_server::Service;
    use muster_testkit::TestDatabase;

    use super::*;
    use crate::RecordsService;

    #[tokio::test(flavor = "multi_thread")]
    async fn what_lives_on_after_its_employment_is_counted() {
        let database = TestDatabase::new(&RecordsService::MIGRATOR, RecordsService::NAME).await;
        let mut connection = database.connection().await;
        let none = Strays {
            grants: 0,
            assignments: 0,
        };
        assert_eq!(count(&mut connection).await.unwrap(), none);
        let rows = "INSERT INTO employment_projection (organization_id, person_id, employment_id, state, sequence)
                    SELECT '00000000-0000-0000-0000-000000000001', gen_random_uuid(), gen_random_uuid(), state, 1
                    FROM unnest(ARRAY['PENDING_VERIFICATION', 'VERIFIED', 'REJECTED', 'WITHDRAWN', 'ENDED']) AS state;
                    INSERT INTO grants (person_id, grant_id, organization_id, state, version, create_time)
                    SELECT person_id, gen_random_uuid(), organization_id, 'ACTIVE', 1, now() FROM employment_projection";
        database.execute(rows).await;
        let two = Strays { grants: 2, ..none };
        assert_eq!(find_grants(&mut connection, 10).await.unwrap().len(), 2);
        assert_eq!(
            count(&mut connection).await.unwrap(),
            two,
            "a rejected claim may be corrected, and its consent sleeps"
        );
    }
}
