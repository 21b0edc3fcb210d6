//! Loads of licensed programmes. Of no organization.

use muster_database::DatabaseError;
use muster_ids::ProgrammeLoadId;
use sqlx::postgres::PgRow;
use sqlx::{Error, FromRow, PgConnection, Row};

use super::guarded;
use crate::domain::{ProgrammeLoad, RefusedRow, RowCounts, RowProblem};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT programme_load_id, row_count, added_count, changed_count, unchanged_count, refused_count,
                    creator_person_id, reason, create_time, finish_time
             FROM programme_loads ",
            $rest
        )
    };
}

/// Adds a load, unless there is one of its name.
pub(crate) async fn insert_unless_begun(
    tx: &mut PgConnection,
    load: &ProgrammeLoad,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO programme_loads (programme_load_id, row_count, taken_count, added_count, changed_count,
                unchanged_count, refused_count, creator_person_id, reason, create_time)
         VALUES ($1, $2, 0, 0, 0, 0, 0, $3, $4, $5)
         ON CONFLICT ON CONSTRAINT programme_loads_pkey DO NOTHING",
    )
    .bind(load.id)
    .bind(load.row_count)
    .bind(load.creator)
    .bind(&load.reason)
    .bind(load.create_time)
    .execute(tx)
    .await?;
    Ok(())
}

/// A load.
pub(crate) async fn find(
    db: &mut PgConnection,
    id: ProgrammeLoadId,
) -> Result<Option<ProgrammeLoad>, DatabaseError> {
    let found = sqlx::query_as(select!("WHERE programme_load_id = $1"));
    Ok(found.bind(id).fetch_optional(db).await?)
}

/// A load, locked until the transaction ends.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    id: ProgrammeLoadId,
) -> Result<Option<ProgrammeLoad>, DatabaseError> {
    let locked = sqlx::query_as(select!("WHERE programme_load_id = $1 FOR NO KEY UPDATE"));
    Ok(locked.bind(id).fetch_optional(tx).await?)
}

/// Stores how far a load has come; its row is locked.
pub(crate) async fn update(tx: &mut PgConnection, load: &ProgrammeLoad) -> Result<(), DatabaseError> {
    let done = sqlx::query(
        "UPDATE programme_loads
         SET taken_count = $2, added_count = $3, changed_count = $4, unchanged_count = $5, refused_count = $6,
             finish_time = $7
         WHERE programme_load_id = $1 AND taken_count < $2",
    )
    .bind(load.id)
    .bind(load.taken.count())
    .bind(load.taken.added)
    .bind(load.taken.changed)
    .bind(load.taken.unchanged)
    .bind(load.taken.refused)
    .bind(load.finish_time)
    .execute(tx)
    .await?;
    guarded(done)
}

/// Adds rows that were refused.
pub(crate) async fn insert_refused(
    tx: &mut PgConnection,
    load: ProgrammeLoadId,
    rows: &[RefusedRow],
) -> Result<(), DatabaseError> {
    for row in rows {
        let (fields, problems): (Vec<_>, Vec<_>) = row
            .problems
            .iter()
            .map(|problem| (problem.field.as_str(), problem.description.as_str()))
            .unzip();
        sqlx::query(
            "INSERT INTO refused_programme_rows (programme_load_id, row_number, licensing_authority, license_number,
                    problem_fields, problems)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(load)
        .bind(row.number)
        .bind(&row.authority)
        .bind(&row.license_number)
        .bind(fields)
        .bind(problems)
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// At most `limit` refused rows of a load behind `after`, in their order.
pub(crate) async fn list_refused(
    db: &mut PgConnection,
    load: ProgrammeLoadId,
    after: i32,
    limit: i64,
) -> Result<Vec<RefusedRow>, DatabaseError> {
    let page = sqlx::query_as(
        "SELECT row_number, licensing_authority, license_number, problem_fields, problems
         FROM refused_programme_rows
         WHERE programme_load_id = $1 AND row_number > $2
         ORDER BY row_number LIMIT $3",
    );
    Ok(page.bind(load).bind(after).bind(limit).fetch_all(db).await?)
}

impl FromRow<'_, PgRow> for ProgrammeLoad {
    fn from_row(row: &PgRow) -> Result<Self, Error> {
        Ok(Self {
            id: row.try_get("programme_load_id")?,
            row_count: row.try_get("row_count")?,
            taken: RowCounts {
                added: row.try_get("added_count")?,
                changed: row.try_get("changed_count")?,
                unchanged: row.try_get("unchanged_count")?,
                refused: row.try_get("refused_count")?,
            },
            creator: row.try_get("creator_person_id")?,
            reason: row.try_get("reason")?,
            create_time: row.try_get("create_time")?,
            finish_time: row.try_get("finish_time")?,
        })
    }
}

impl FromRow<'_, PgRow> for RefusedRow {
    fn from_row(row: &PgRow) -> Result<Self, Error> {
        let fields: Vec<String> = row.try_get("problem_fields")?;
        let problems: Vec<String> = row.try_get("problems")?;
        let problems = fields.into_iter().zip(problems);
        Ok(Self {
            number: row.try_get("row_number")?,
            authority: row.try_get("licensing_authority")?,
            license_number: row.try_get("license_number")?,
            problems: problems
                .map(|(field, description)| RowProblem { field, description })
                .collect(),
        })
    }
}
