//! What became of the rows of an import when they were applied.

use muster_database::DatabaseError;
use muster_ids::{ImportId, InvitationId, OrganizationId};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::domain::import::{Outcome, RowState};
use crate::domain::problem::Problem;

/// What applying made of a row.
#[derive(Debug)]
pub(crate) struct Applied {
    pub(crate) line: i32,
    pub(crate) outcome: Outcome,
    pub(crate) problems: Vec<Problem>,
    pub(crate) invitation: Option<InvitationId>,
    pub(crate) trace_id: String,
}

/// Writes down what became of VALID rows. Those merged into one that was applied belong to the same invitation; those
/// merged into one that was refused are refused with it, for the same reason. Tells how many these are.
pub(crate) async fn save(
    tx: &mut PgConnection,
    organization: OrganizationId,
    import: ImportId,
    rows: &[Applied],
) -> Result<i32, DatabaseError> {
    sqlx::query(
        "UPDATE import_rows SET state = done.state, problems = done.problems, invitation_id = done.invitation_id,
                trace_id = done.trace_id
         FROM unnest($3::integer[], $4::text[], $5::jsonb[], $6::uuid[], $7::text[])
           AS done (line, state, problems, invitation_id, trace_id)
         WHERE organization_id = $1 AND import_id = $2 AND import_rows.line = done.line
           AND import_rows.state = 'VALID'",
    )
    .bind(organization)
    .bind(import)
    .bind(applied(rows, |row| row.line))
    .bind(applied(rows, |row| row.outcome.state()))
    .bind(applied(rows, |row| Json(&row.problems)))
    .bind(applied(rows, |row| row.invitation))
    .bind(applied(rows, |row| row.trace_id.as_str()))
    .execute(&mut *tx)
    .await?;
    follow(tx, organization, import, rows).await
}

async fn follow(
    tx: &mut PgConnection,
    organization: OrganizationId,
    import: ImportId,
    rows: &[Applied],
) -> Result<i32, DatabaseError> {
    let refused = |row: &Applied| row.outcome == Outcome::Refused;
    let followers: Vec<bool> = sqlx::query_scalar(
        "UPDATE import_rows
         SET invitation_id = done.invitation_id,
             state = CASE WHEN is_refused THEN $7 ELSE import_rows.state END,
             merged_into_line = CASE WHEN is_refused THEN NULL ELSE import_rows.merged_into_line END,
             problems = CASE WHEN is_refused THEN import_rows.problems || done.why ELSE import_rows.problems END
         FROM unnest($3::integer[], $4::uuid[], $5::boolean[], $6::jsonb[])
           AS done (line, invitation_id, is_refused, why)
         WHERE organization_id = $1 AND import_id = $2 AND import_rows.merged_into_line = done.line
           -- Asked once: most files have none, and are not looked through for those of each row.
           AND EXISTS (SELECT FROM import_rows AS any_merged
                       WHERE any_merged.organization_id = $1 AND any_merged.import_id = $2 AND any_merged.merged_into_line IS NOT NULL)
         RETURNING is_refused",
    )
    .bind(organization)
    .bind(import)
    .bind(applied(rows, |row| row.line))
    .bind(applied(rows, |row| row.invitation))
    .bind(applied(rows, refused))
    .bind(applied(rows, |row| Json(row.problems.last())))
    .bind(RowState::Refused)
    .fetch_all(tx)
    .await?;
    let count = followers.into_iter().filter(|is_refused| *is_refused).count();
    Ok(i32::try_from(count).unwrap_or(i32::MAX))
}

fn applied<'a, T>(rows: &'a [Applied], value: impl Fn(&'a Applied) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}
