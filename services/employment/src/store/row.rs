//! The row of an employment.

use muster_database::DatabaseError;
use muster_ids::{EmploymentId, GroupId, InvitationId, LocationId, OrganizationId, PersonId};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{Employment, EmploymentState};

#[derive(Debug, sqlx::FromRow)]
pub(super) struct EmploymentRow {
    organization_id: Uuid,
    employment_id: Uuid,
    person_id: Uuid,
    person_display_name: String,
    state: String,
    groups: Vec<Uuid>,
    location_id: Option<Uuid>,
    source_invitation_id: Option<Uuid>,
    version: i64,
    create_time: OffsetDateTime,
    verify_time: Option<OffsetDateTime>,
}

impl TryFrom<EmploymentRow> for Employment {
    type Error = DatabaseError;

    fn try_from(row: EmploymentRow) -> Result<Self, DatabaseError> {
        Ok(Self {
            organization: OrganizationId::from_uuid(row.organization_id),
            id: EmploymentId::from_uuid(row.employment_id),
            person: PersonId::from_uuid(row.person_id),
            person_display_name: row.person_display_name,
            state: parse_state(&row.state)?,
            groups: row.groups.into_iter().map(GroupId::from_uuid).collect(),
            location: row.location_id.map(LocationId::from_uuid),
            source_invitation: row.source_invitation_id.map(InvitationId::from_uuid),
            version: row.version,
            create_time: row.create_time,
            verify_time: row.verify_time,
        })
    }
}

pub(super) fn parse_state(state: &str) -> Result<EmploymentState, DatabaseError> {
    Ok(state.parse()?)
}

pub(super) fn parse_all(rows: Vec<EmploymentRow>) -> Result<Vec<Employment>, DatabaseError> {
    rows.into_iter().map(Employment::try_from).collect()
}
