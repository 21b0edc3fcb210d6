//! The rows of imports.

use muster_address::EmailAddress;
use muster_database::DatabaseError;
use muster_ids::{GroupId, ImportId, ImportName, OrganizationId};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection, Row as _};

use crate::domain::fault::Fault;
use crate::domain::import::{Outcome, Row, RowState};
use crate::domain::problem::Problem;
use crate::domain::spreadsheet::RawRow;
use crate::store::inconsistent;

/// How many rows a statement that only reads looks at.
const ROWS_A_LOOK: i64 = 10_000;

/// `SELECT` of everything a [`Row`] is made of, with the given rest.
macro_rules! select_row {
    ($rest:literal) => {
        concat!(
            "SELECT line, coalesce(row_number, line) AS row_number, address_given, groups_given, location_given, faults, state, problems, group_ids,
                    location_id, merged_into_line, invitation_id, trace_id
             FROM import_rows ",
            $rest
        )
    };
}

impl FromRow<'_, PgRow> for Row {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let groups: Vec<String> = row.try_get("groups_given")?;
        let faults: Json<Vec<Fault>> = row.try_get("faults")?;
        let problems: Json<Vec<Problem>> = row.try_get("problems")?;
        Ok(Self {
            raw: RawRow {
                line: row.try_get("line")?,
                number: row.try_get("row_number")?,
                address: row.try_get("address_given")?,
                groups: groups.into_iter().collect(),
                location: row.try_get("location_given")?,
                faults: faults.0,
            },
            outcome: outcome(row)?,
            problems: problems.0,
            groups: row.try_get("group_ids")?,
            location: row.try_get("location_id")?,
            invitation: row.try_get("invitation_id")?,
            trace_id: row.try_get("trace_id")?,
        })
    }
}

fn outcome(row: &PgRow) -> Result<Outcome, sqlx::Error> {
    match (row.try_get("state")?, row.try_get("merged_into_line")?) {
        (RowState::Valid, None) => Ok(Outcome::Valid),
        (RowState::Invalid, None) => Ok(Outcome::Invalid),
        (RowState::Applied, None) => Ok(Outcome::Applied),
        (RowState::Refused, None) => Ok(Outcome::Refused),
        (RowState::Skipped, None) => Ok(Outcome::Skipped),
        (RowState::Merged, Some(line)) => Ok(Outcome::Merged(line)),
        _ => Err(inconsistent("merged_into_line")),
    }
}

/// Writes a block of a preview over what an earlier one made of the same lines.
pub(crate) async fn replace(
    tx: &mut PgConnection,
    import: ImportName,
    rows: &[Row],
) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM import_rows WHERE organization_id = $1 AND import_id = $2 AND line = ANY ($3)")
        .bind(import.organization)
        .bind(import.import)
        .bind(column(rows, |row| row.raw.line))
        .execute(&mut *tx)
        .await?;
    insert(tx, import, rows).await
}

/// Writes down which groups and which location rows have by now that took in later ones.
pub(crate) async fn save_merged(
    tx: &mut PgConnection,
    import: ImportName,
    rows: &[Row],
) -> Result<(), DatabaseError> {
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE import_rows SET group_ids = string_to_array(merged.ids, ',')::uuid[], location_id = merged.location_id
         FROM unnest($3::integer[], $4::text[], $5::uuid[]) AS merged (line, ids, location_id)
         WHERE organization_id = $1 AND import_id = $2 AND import_rows.line = merged.line",
    )
    .bind(import.organization)
    .bind(import.import)
    .bind(column(rows, |row| row.raw.line))
    .bind(column(rows, group_ids))
    .bind(column(rows, |row| row.location))
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes a block of a first preview: few enough rows to stay far below the statement limit.
///
/// Lists of a row travel as texts, because unnesting a list of lists would flatten it: names of groups cannot hold a
/// line break, ids cannot hold a comma.
pub(crate) async fn insert(
    tx: &mut PgConnection,
    import: ImportName,
    rows: &[Row],
) -> Result<(), DatabaseError> {
    let merged_into = |row: &Row| match row.outcome {
        Outcome::Merged(line) => Some(line),
        _ => None,
    };
    let canonical = |row: &Row| {
        row.raw
            .address
            .parse::<EmailAddress>()
            .ok()
            .map(|address| address.canonical().to_owned())
    };
    sqlx::query(
        "INSERT INTO import_rows (organization_id, import_id, line, address_given, address_canonical, groups_given,
             location_given, faults, state, problems, group_ids, location_id, merged_into_line, row_number)
         SELECT $1, $2, line, address, canonical, string_to_array(names, E'\\n'), location, faults, state, problems,
                string_to_array(ids, ',')::uuid[], location_id, merged_into, number
         FROM unnest($3::integer[], $4::text[], $5::text[], $6::text[], $7::jsonb[], $8::text[], $9::jsonb[],
                     $10::text[], $11::uuid[], $12::integer[], $13::text[], $14::integer[])
           AS row (line, address, names, location, faults, state, problems, ids, location_id, merged_into, canonical, number)",
    )
    .bind(import.organization)
    .bind(import.import)
    .bind(column(rows, |row| row.raw.line))
    .bind(column(rows, |row| row.raw.address.as_str()))
    .bind(column(rows, |row| row.raw.groups.as_lines()))
    .bind(column(rows, |row| row.raw.location.as_str()))
    .bind(column(rows, |row| Json(&row.raw.faults)))
    .bind(column(rows, |row| row.outcome.state()))
    .bind(column(rows, |row| Json(&row.problems)))
    .bind(column(rows, group_ids))
    .bind(column(rows, |row| row.location))
    .bind(column(rows, merged_into))
    .bind(column(rows, canonical))
    .bind(column(rows, |row| row.raw.number))
    .execute(tx)
    .await?;
    Ok(())
}

fn column<'a, T>(rows: &'a [Row], value: impl Fn(&'a Row) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

fn group_ids(row: &Row) -> String {
    let ids: Vec<String> = row.groups.iter().map(GroupId::to_string).collect();
    ids.join(",")
}

/// The rows on these lines.
pub(crate) async fn on_lines(
    connection: &mut PgConnection,
    import: ImportName,
    lines: &[i32],
) -> Result<Vec<Row>, DatabaseError> {
    Ok(sqlx::query_as(select_row!(
        "WHERE organization_id = $1 AND import_id = $2 AND line = ANY ($3)"
    ))
    .bind(import.organization)
    .bind(import.import)
    .bind(lines)
    .fetch_all(connection)
    .await?)
}

/// One page of rows in the order of the file: those after line `after`, in one of `states` (empty: all).
pub(crate) async fn page(
    connection: &mut PgConnection,
    organization: OrganizationId,
    import: ImportId,
    states: &[RowState],
    after: i32,
    limit: i64,
) -> Result<Vec<Row>, DatabaseError> {
    Ok(sqlx::query_as(select_row!(
        "WHERE organization_id = $1 AND import_id = $2 AND line > $3
           AND (cardinality($4::text[]) = 0 OR state = ANY ($4))
         ORDER BY line LIMIT $5"
    ))
    .bind(organization)
    .bind(import)
    .bind(after)
    .bind(states)
    .bind(limit)
    .fetch_all(connection)
    .await?)
}

/// The next rows to apply, in the order of the file, behind the line up to which they are done: no index holds the state of rows,
/// which may be written down without touching one.
pub(crate) async fn to_apply(
    tx: &mut PgConnection,
    organization: OrganizationId,
    import: ImportId,
    after: i32,
    limit: i64,
) -> Result<Vec<Row>, DatabaseError> {
    Ok(sqlx::query_as(select_row!(
        "WHERE organization_id = $1 AND import_id = $2 AND line > $4 AND state = 'VALID' ORDER BY line LIMIT $3"
    ))
    .bind(organization)
    .bind(import)
    .bind(limit)
    .bind(after)
    .fetch_all(tx)
    .await?)
}

/// Whether an address that the preview let through belongs to an active learner by now. Part by part: a million rows at
/// once would take longer than a statement may.
pub(crate) async fn any_became_active(
    connection: &mut PgConnection,
    organization: OrganizationId,
    import: ImportId,
) -> Result<bool, DatabaseError> {
    let mut after = 0;
    loop {
        // Address after address (OFFSET 0 keeps the planner from joining): each is one look into the index of live
        // addresses, whatever else there is.
        let (last, any): (Option<i32>, Option<bool>) = sqlx::query_as(
            "SELECT max(line), bool_or(is_active) FROM (
                 SELECT r.line, EXISTS (
                     SELECT FROM invitations i
                     WHERE i.organization_id = $1 AND i.address_canonical = r.address_canonical
                       AND i.state = 'ACTIVE' OFFSET 0) AS is_active
                 FROM import_rows r
                 WHERE r.organization_id = $1 AND r.import_id = $2 AND r.state = 'VALID' AND r.line > $3
                 ORDER BY r.line LIMIT $4) AS part",
        )
        .bind(organization)
        .bind(import)
        .bind(after)
        .bind(ROWS_A_LOOK)
        .fetch_one(&mut *connection)
        .await?;
        match last {
            Some(last) if any != Some(true) => after = last,
            _ => return Ok(any == Some(true)),
        }
    }
}
