//! A row of `invitations`, parsed: combinations that cannot be are errors.

use muster_address::EmailAddress;
use muster_database::DatabaseError;
use muster_ids::{GroupId, ImportId, InvitationId, LocationId, OrganizationId, PersonId};
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use super::unknown;
use crate::domain::invitation::{Acceptance, Invitation, State, StateName};

/// `SELECT` of everything an [`Invitation`] is made of, from `invitations i`, with the given rest.
macro_rules! select_invitation {
    ($($rest:tt)+) => {
        concat!(
            "SELECT i.organization_id, i.invitation_id, i.version, i.state, i.address_given, i.address_canonical,
                    i.location_id, i.source,
                    i.inviter_person_id, i.import_id, i.generation, i.delivery_state, i.delivery_detail,
                    i.create_time, i.send_time, i.expire_time, i.accept_time, i.person_id, i.person_display_name,
                    i.traceparent,
                    ARRAY(SELECT g.group_id FROM invitation_groups g
                          WHERE g.organization_id = i.organization_id AND g.invitation_id = i.invitation_id
                          ORDER BY g.group_id) AS group_ids
             FROM invitations i ",
            $($rest)+
        )
    };
}
pub(super) use select_invitation;

#[derive(FromRow)]
pub(super) struct InvitationRow {
    organization_id: Uuid,
    invitation_id: Uuid,
    version: i64,
    state: String,
    address_given: String,
    address_canonical: String,
    location_id: Option<Uuid>,
    source: String,
    inviter_person_id: Uuid,
    import_id: Option<Uuid>,
    generation: i32,
    delivery_state: String,
    delivery_detail: String,
    create_time: OffsetDateTime,
    send_time: OffsetDateTime,
    expire_time: OffsetDateTime,
    accept_time: Option<OffsetDateTime>,
    person_id: Option<Uuid>,
    person_display_name: Option<String>,
    traceparent: Option<String>,
    group_ids: Vec<Uuid>,
}

impl TryFrom<InvitationRow> for Invitation {
    type Error = DatabaseError;

    fn try_from(row: InvitationRow) -> Result<Self, DatabaseError> {
        Ok(Self {
            organization: OrganizationId::from_uuid(row.organization_id),
            id: InvitationId::from_uuid(row.invitation_id),
            version: row.version,
            state: state(&row)?,
            address: EmailAddress::stored(row.address_given, row.address_canonical),
            groups: row.group_ids.into_iter().map(GroupId::from_uuid).collect(),
            location: row.location_id.map(LocationId::from_uuid),
            source: row.source.parse()?,
            inviter: PersonId::from_uuid(row.inviter_person_id),
            import: row.import_id.map(ImportId::from_uuid),
            generation: row.generation,
            delivery: row.delivery_state.parse()?,
            delivery_detail: row.delivery_detail,
            create_time: row.create_time,
            send_time: row.send_time,
            expire_time: row.expire_time,
            traceparent: row.traceparent,
        })
    }
}

fn state(row: &InvitationRow) -> Result<State, DatabaseError> {
    let acceptance = match (row.person_id, &row.person_display_name, row.accept_time) {
        (Some(person), Some(name), Some(time)) => Some(Acceptance {
            person: PersonId::from_uuid(person),
            display_name: name.clone(),
            time,
        }),
        (None, None, None) => None,
        _ => return Err(unknown("person_id")),
    };
    match (row.state.parse()?, acceptance) {
        (StateName::Prospect, None) => Ok(State::Prospect),
        (StateName::Pending, None) => Ok(State::Pending),
        (StateName::Declined, None) => Ok(State::Declined),
        (StateName::Cancelled, None) => Ok(State::Cancelled),
        (StateName::Expired, None) => Ok(State::Expired),
        (StateName::Active, Some(acceptance)) => Ok(State::Active(acceptance)),
        (StateName::Archived, Some(acceptance)) => Ok(State::Archived(acceptance)),
        _ => Err(unknown("state")),
    }
}
