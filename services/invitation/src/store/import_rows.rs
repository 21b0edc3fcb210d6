//! The rows of imports.

use muster_address::EmailAddress;
use muster_database::DatabaseError;
use muster_ids::{GroupId, ImportId, InvitationId, LocationId, OrganizationId};
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use super::unknown;
use crate::domain::import::{Outcome, Problem, RawRow, Row, RowState};

/// Small enough to stay far below the statement limit.
const ROWS_A_STATEMENT: usize = 2_000;

/// `SELECT` of everything a [`Row`] is made of, with the given rest.
macro_rules! select_row {
    ($rest:literal) => {
        concat!(
            "SELECT line, address_given, groups_given, location_given, surplus_cells, state, problems, group_ids,
                    location_id, merged_into_line, invitation_id, trace_id
             FROM import_rows ",
            $rest
        )
    };
}

#[derive(FromRow)]
struct RowRecord {
    line: i32,
    address_given: String,
    groups_given: Vec<String>,
    location_given: String,
    surplus_cells: bool,
    state: String,
    problems: Json<Vec<Problem>>,
    group_ids: Vec<Uuid>,
    location_id: Option<Uuid>,
    merged_into_line: Option<i32>,
    invitation_id: Option<Uuid>,
    trace_id: String,
}

impl TryFrom<RowRecord> for Row {
    type Error = DatabaseError;

    fn try_from(row: RowRecord) -> Result<Self, DatabaseError> {
        let state = RowState::parse(&row.state).ok_or_else(|| unknown("state"))?;
        let outcome = match (state, row.merged_into_line) {
            (RowState::Valid, None) => Outcome::Valid,
            (RowState::Invalid, None) => Outcome::Invalid,
            (RowState::Applied, None) => Outcome::Applied,
            (RowState::Refused, None) => Outcome::Refused,
            (RowState::Merged, Some(line)) => Outcome::Merged(line),
            _ => return Err(unknown("merged_into_line")),
        };
        Ok(Self {
            raw: RawRow {
                line: row.line,
                address: row.address_given,
                groups: row.groups_given,
                location: row.location_given,
                has_surplus_cells: row.surplus_cells,
            },
            outcome,
            problems: row.problems.0,
            groups: row.group_ids.into_iter().map(GroupId::from_uuid).collect(),
            location: row.location_id.map(LocationId::from_uuid),
            invitation: row.invitation_id.map(InvitationId::from_uuid),
            trace_id: row.trace_id,
        })
    }
}

/// Writes the rows of a preview, over those of an earlier one.
pub(crate) async fn replace(
    tx: &mut PgConnection,
    organization: OrganizationId,
    import: ImportId,
    rows: &[Row],
) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM import_rows WHERE organization_id = $1 AND import_id = $2")
        .bind(organization.as_uuid())
        .bind(import.as_uuid())
        .execute(&mut *tx)
        .await?;
    for rows in rows.chunks(ROWS_A_STATEMENT) {
        insert(tx, organization, import, rows).await?;
    }
    Ok(())
}

/// Lists of a row travel as texts, because unnesting a list of lists would flatten it: names of groups cannot hold a
/// line break, ids cannot hold a comma.
async fn insert(
    tx: &mut PgConnection,
    organization: OrganizationId,
    import: ImportId,
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
    let ids = |row: &Row| {
        row.groups
            .iter()
            .map(GroupId::to_string)
            .collect::<Vec<_>>()
            .join(",")
    };
    sqlx::query(
        "INSERT INTO import_rows (organization_id, import_id, line, address_given, address_canonical, groups_given,
             location_given, surplus_cells, state, problems, group_ids, location_id, merged_into_line)
         SELECT $1, $2, line, address, canonical, string_to_array(names, E'\\n'), location, surplus, state, problems,
                string_to_array(ids, ',')::uuid[], location_id, merged_into
         FROM unnest($3::integer[], $4::text[], $5::text[], $6::text[], $7::boolean[], $8::text[], $9::jsonb[],
                     $10::text[], $11::uuid[], $12::integer[], $13::text[])
           AS row (line, address, names, location, surplus, state, problems, ids, location_id, merged_into, canonical)",
    )
    .bind(organization.as_uuid())
    .bind(import.as_uuid())
    .bind(column(rows, |row| row.raw.line))
    .bind(column(rows, |row| row.raw.address.as_str()))
    .bind(column(rows, |row| row.raw.groups.join("\n")))
    .bind(column(rows, |row| row.raw.location.as_str()))
    .bind(column(rows, |row| row.raw.has_surplus_cells))
    .bind(column(rows, |row| row.outcome.state().as_str()))
    .bind(column(rows, |row| Json(&row.problems)))
    .bind(column(rows, ids))
    .bind(column(rows, |row| row.location.map(LocationId::as_uuid)))
    .bind(column(rows, merged_into))
    .bind(column(rows, canonical))
    .execute(tx)
    .await?;
    Ok(())
}

fn column<'a, T>(rows: &'a [Row], value: impl Fn(&'a Row) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
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
    let states: Vec<&str> = states.iter().map(|state| state.as_str()).collect();
    let rows: Vec<RowRecord> = sqlx::query_as(select_row!(
        "WHERE organization_id = $1 AND import_id = $2 AND line > $3
           AND (cardinality($4::text[]) = 0 OR state = ANY ($4))
         ORDER BY line LIMIT $5"
    ))
    .bind(organization.as_uuid())
    .bind(import.as_uuid())
    .bind(after)
    .bind(states)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Row::try_from).collect()
}

/// What applying made of a row.
#[derive(Debug)]
pub(crate) struct Applied {
    pub(crate) line: i32,
    pub(crate) outcome: Outcome,
    pub(crate) problems: Vec<Problem>,
    pub(crate) invitation: Option<InvitationId>,
    pub(crate) trace_id: String,
}

/// Writes down what became of VALID rows, and which invitation the rows merged into them belong to.
pub(crate) async fn save_applied(
    tx: &mut PgConnection,
    organization: OrganizationId,
    import: ImportId,
    rows: &[Applied],
) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE import_rows SET state = done.state, problems = done.problems, invitation_id = done.invitation_id,
                trace_id = done.trace_id
         FROM unnest($3::integer[], $4::text[], $5::jsonb[], $6::uuid[], $7::text[])
           AS done (line, state, problems, invitation_id, trace_id)
         WHERE organization_id = $1 AND import_id = $2 AND import_rows.line = done.line
           AND import_rows.state = 'VALID'",
    )
    .bind(organization.as_uuid())
    .bind(import.as_uuid())
    .bind(rows.iter().map(|row| row.line).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.outcome.state().as_str()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| Json(&row.problems)).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.invitation.map(InvitationId::as_uuid)).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.trace_id.as_str()).collect::<Vec<_>>())
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "UPDATE import_rows SET invitation_id = done.invitation_id
         FROM unnest($3::integer[], $4::uuid[]) AS done (line, invitation_id)
         WHERE organization_id = $1 AND import_id = $2 AND import_rows.merged_into_line = done.line",
    )
    .bind(organization.as_uuid())
    .bind(import.as_uuid())
    .bind(rows.iter().map(|row| row.line).collect::<Vec<_>>())
    .bind(
        rows.iter()
            .map(|row| row.invitation.map(InvitationId::as_uuid))
            .collect::<Vec<_>>(),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Whether an address that the preview let through belongs to an active learner by now.
pub(crate) async fn any_became_active(
    connection: &mut PgConnection,
    organization: OrganizationId,
    import: ImportId,
) -> Result<bool, DatabaseError> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (
             SELECT FROM import_rows r
             JOIN invitations i ON i.organization_id = r.organization_id
                               AND i.address_canonical = r.address_canonical AND i.state = 'ACTIVE'
             WHERE r.organization_id = $1 AND r.import_id = $2 AND r.state = 'VALID')",
    )
    .bind(organization.as_uuid())
    .bind(import.as_uuid())
    .fetch_one(connection)
    .await?)
}
