//! Access that lives on although the employment that it comes from is over.

use muster_database::DatabaseError;
use sqlx::PgConnection;

use crate::domain::{EmploymentState, Origin};

/// Counts it, in all organizations: none, unless something is wrong. What comes from a former employment, or from none that is
/// known, is counted too.
pub(crate) async fn count(db: &mut PgConnection) -> Result<i64, DatabaseError> {
    let strays = sqlx::query_scalar(
        "SELECT count(*) FROM profile_users u LEFT JOIN employment_projection e USING (organization_id, person_id)
         WHERE u.origin = $1
           AND (e.state IS NULL OR e.state = ANY ($2) OR u.employment_id IS DISTINCT FROM e.employment_id)",
    );
    let strays = strays.bind(Origin::Employment).bind(EmploymentState::OVER);
    Ok(strays.fetch_one(db).await?)
}

#[cfg(test)]
mod tests {
    use muster_server::Service;
    use muster_testkit::TestDatabase;

    use super::*;
    use crate::OrganizationService;

    #[tokio::test(flavor = "multi_thread")]
    async fn what_lives_on_after_its_employment_is_counted() {
        let database = TestDatabase::new(&OrganizationService::MIGRATOR, OrganizationService::NAME).await;
        let mut connection = database.connection().await;
        assert_eq!(count(&mut connection).await.unwrap(), 0);
        let rows = "ALTER TABLE profile_users DROP CONSTRAINT profile_users_organization_id_fkey;
                    INSERT INTO employment_projection (organization_id, person_id, employment_id, state, sequence)
                    SELECT '00000000-0000-0000-0000-000000000001', gen_random_uuid(), gen_random_uuid(), state, 1
                    FROM unnest(ARRAY['PENDING_VERIFICATION', 'VERIFIED', 'REJECTED', 'WITHDRAWN', 'ENDED']) AS state;
                    INSERT INTO profile_users (organization_id, person_id, role, employment_id, origin, version, create_time)
                    SELECT organization_id, person_id, 'ADMIN', employment_id, 'EMPLOYMENT', 1, now() FROM employment_projection;
                    INSERT INTO profile_users (organization_id, person_id, role, version, origin, create_time)
                    VALUES ('00000000-0000-0000-0000-000000000001', gen_random_uuid(), 'VIEWER', 1, 'REQUEST', now())";
        database.execute(rows).await;
        assert_eq!(count(&mut connection).await.unwrap(), 3, "what waits sleeps");
        let moved =
            "UPDATE employment_projection SET employment_id = gen_random_uuid() WHERE state = 'VERIFIED'";
        database.execute(moved).await;
        assert_eq!(count(&mut connection).await.unwrap(), 4);
    }
}
