//! A row of `invitations`, parsed: combinations that cannot be are errors.

use muster_address::EmailAddress;
use muster_ids::DeliveryId;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};

use crate::domain::invitation::{Acceptance, Decline, Invitation, Mails, Reported, State, StateName};
use crate::store::{inconsistent, language};

/// `SELECT` of everything an [`Invitation`] is made of, from `invitations i`, with the given rest.
macro_rules! select_invitation {
    ($($rest:tt)+) => {
        concat!(
            "SELECT i.organization_id, i.invitation_id, i.version, i.state, i.address_given, i.address_canonical, i.language,
                    i.location_id, i.source,
                    i.inviter_person_id, i.import_id, i.generation, i.mail_number, i.mail_times, i.delivery_state, i.delivery_detail,
                    i.delivery_id, i.delivery_sequence,
                    i.create_time, COALESCE(i.vouch_time, i.create_time) AS vouch_time, i.send_time, i.expire_time, i.accept_time, i.person_id, i.person_display_name,
                    i.traceparent, i.decline_time, i.state_before_decline, i.handover_time, i.change_number,
                    ARRAY(SELECT g.group_id FROM invitation_groups g
                          WHERE g.organization_id = i.organization_id AND g.invitation_id = i.invitation_id
                          ORDER BY g.group_id) AS group_ids
             FROM invitations i ",
            $($rest)+
        )
    };
}
pub(super) use select_invitation;

impl FromRow<'_, PgRow> for Invitation {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let delivery: Option<DeliveryId> = row.try_get("delivery_id")?;
        let sequence = row.try_get("delivery_sequence")?;
        Ok(Self {
            organization: row.try_get("organization_id")?,
            id: row.try_get("invitation_id")?,
            version: row.try_get("version")?,
            state: state(row)?,
            address: EmailAddress::stored(row.try_get("address_given")?, row.try_get("address_canonical")?),
            language: language(row)?,
            groups: row.try_get("group_ids")?,
            location: row.try_get("location_id")?,
            source: row.try_get("source")?,
            inviter: row.try_get("inviter_person_id")?,
            import: row.try_get("import_id")?,
            generation: row.try_get("generation")?,
            mails: Mails {
                number: row.try_get("mail_number")?,
                times: row.try_get("mail_times")?,
            },
            delivery: row.try_get("delivery_state")?,
            delivery_detail: row.try_get("delivery_detail")?,
            handover: row.try_get("handover_time")?,
            reported: delivery.map(|delivery| Reported { delivery, sequence }),
            create_time: row.try_get("create_time")?,
            vouch_time: row.try_get("vouch_time")?,
            send_time: row.try_get("send_time")?,
            expire_time: row.try_get("expire_time")?,
            traceparent: row.try_get("traceparent")?,
        })
    }
}

fn state(row: &PgRow) -> Result<State, sqlx::Error> {
    match (row.try_get("state")?, acceptance(row)?, decline(row)?) {
        (StateName::Prospect, None, None) => Ok(State::Prospect),
        (StateName::Pending, None, None) => Ok(State::Pending),
        (StateName::Declined, None, Some(decline)) => Ok(State::Declined(decline)),
        (StateName::Cancelled, None, None) => Ok(State::Cancelled),
        (StateName::Expired, None, None) => Ok(State::Expired),
        (StateName::Active, Some(acceptance), None) => Ok(State::Active(acceptance)),
        (StateName::Archived, Some(acceptance), None) => Ok(State::Archived(acceptance)),
        _ => Err(inconsistent("state")),
    }
}

fn acceptance(row: &PgRow) -> Result<Option<Acceptance>, sqlx::Error> {
    let columns = (
        row.try_get("person_id")?,
        row.try_get("person_display_name")?,
        row.try_get("accept_time")?,
    );
    match columns {
        (Some(person), Some(display_name), Some(time)) => Ok(Some(Acceptance {
            person,
            display_name,
            time,
        })),
        (None, None, None) => Ok(None),
        _ => Err(inconsistent("person_id")),
    }
}

fn decline(row: &PgRow) -> Result<Option<Decline>, sqlx::Error> {
    match (row.try_get("state_before_decline")?, row.try_get("decline_time")?) {
        (Some(before), Some(time)) => Ok(Some(Decline { before, time })),
        (None, None) => Ok(None),
        _ => Err(inconsistent("decline_time")),
    }
}
