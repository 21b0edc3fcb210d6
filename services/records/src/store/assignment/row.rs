//! The row of an assignment: impossible combinations are errors.

use muster_ids::{AssignmentId, OrganizationId, PersonAssignmentName, PersonId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};
use time::OffsetDateTime;

use crate::domain::{Assignment, AssignmentState, AssignmentStateName, Due, Percent};

impl FromRow<'_, PgRow> for Assignment {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let organization: Option<OrganizationId> = row.try_get("organization_id")?;
        let is_own = organization.is_none();
        // What the organization wanted is kept for the case that the end of the employment is taken back.
        let due = if is_own { None } else { due(row)? };
        let groups = if is_own {
            Vec::new()
        } else {
            row.try_get("group_ids")?
        };
        Ok(Self {
            person: row.try_get("person_id")?,
            id: row.try_get("assignment_id")?,
            organization,
            training: row.try_get("training_id")?,
            training_display_name: row.try_get("training_display_name")?,
            state: state(row)?,
            groups,
            is_by_hand: !is_own && row.try_get("is_by_hand")?,
            due,
            transferred_to: transferred_to(row)?,
            transfer_time: row.try_get("transfer_time")?,
            version: row.try_get("version")?,
            assign_time: row.try_get("assign_time")?,
        })
    }
}

fn transferred_to(row: &PgRow) -> Result<Option<PersonAssignmentName>, sqlx::Error> {
    let person: Option<PersonId> = row.try_get("transferred_to_person_id")?;
    let assignment: Option<AssignmentId> = row.try_get("transferred_to_assignment_id")?;
    let name = |(person, assignment)| PersonAssignmentName { person, assignment };
    Ok(person.zip(assignment).map(name))
}

fn due(row: &PgRow) -> Result<Option<Due>, sqlx::Error> {
    let Some(date) = row.try_get("due_date")? else {
        return Ok(None);
    };
    Ok(Some(Due {
        date,
        zone: row.try_get("due_zone")?,
        end: row.try_get("due_end_time")?,
        group: row.try_get("due_group_id")?,
    }))
}

fn state(row: &PgRow) -> Result<AssignmentState, sqlx::Error> {
    let impossible = || sqlx::Error::Decode("an assignment is in no possible state".into());
    let percent: i16 = row.try_get("progress_percent")?;
    let percent = Percent::try_from(i32::from(percent)).map_err(|_| impossible())?;
    let start_time: Option<OffsetDateTime> = row.try_get("start_time")?;
    Ok(match row.try_get("state")? {
        AssignmentStateName::Assigned if percent == Percent::ZERO => AssignmentState::Assigned,
        AssignmentStateName::Assigned => return Err(impossible()),
        AssignmentStateName::InProgress => AssignmentState::InProgress {
            percent,
            start_time: start_time.ok_or_else(impossible)?,
        },
        AssignmentStateName::Completed => AssignmentState::Completed {
            start_time: start_time.ok_or_else(impossible)?,
            complete_time: row.try_get("complete_time")?,
            certificate: row.try_get("certificate_id")?,
        },
        AssignmentStateName::Cancelled => AssignmentState::Cancelled {
            percent,
            start_time,
            reason: row.try_get("cancel_reason")?,
        },
    })
}
