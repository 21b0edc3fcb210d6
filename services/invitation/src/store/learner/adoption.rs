//! How far the employments are taken in that were there before the list of learners. Cross-tenant; the job only.

use muster_database::DatabaseError;
use muster_ids::EmploymentName;
use sqlx::PgConnection;
use time::OffsetDateTime;

/// How far they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Adoption {
    /// Those after this one are left; after none: all.
    After(String),
    /// There are no more.
    Finished,
}

/// How far it is.
pub(crate) async fn find(db: &mut PgConnection) -> Result<Adoption, DatabaseError> {
    let (employment, finish_time): (String, Option<OffsetDateTime>) =
        sqlx::query_as("SELECT employment, finish_time FROM employment_adoption")
            .fetch_one(db)
            .await?;
    Ok(match finish_time {
        Some(_) => Adoption::Finished,
        None => Adoption::After(employment),
    })
}

/// All up to this one are taken in.
pub(crate) async fn come_to(tx: &mut PgConnection, employment: EmploymentName) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE employment_adoption SET employment = $1")
        .bind(employment.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

/// There are no more.
pub(crate) async fn finish(db: &mut PgConnection, now: OffsetDateTime) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE employment_adoption SET finish_time = $1")
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}
