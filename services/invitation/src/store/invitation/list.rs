//! Invitations of an organization in the order that is asked for, and how many can still be accepted somewhere.

mod by_address;
mod by_id;

use muster_database::DatabaseError;
use muster_ids::{GroupId, ImportId, InvitationId, LocationId, OrganizationId, PersonId};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::super::state_lists::live;
use super::LAST;
use crate::domain::invitation::{DeliveryState, Invitation, StateName};

/// Where a list by ids begins that has the oldest first.
const FIRST: InvitationId = InvitationId::from_uuid(Uuid::nil());

/// Which invitations of an organization are listed, and how.
#[derive(Debug, Default)]
pub(crate) struct ListFilter {
    /// Only these states; empty: all.
    pub(crate) states: Vec<StateName>,
    /// Only those whose latest mail is in one of these states; empty: all.
    pub(crate) delivery_states: Vec<DeliveryState>,
    /// Only those of this import.
    pub(crate) import: Option<ImportId>,
    /// Only those by this person.
    pub(crate) inviter: Option<PersonId>,
    /// Only those to this group, among others.
    pub(crate) group: Option<GroupId>,
    /// Only those to this location.
    pub(crate) location: Option<LocationId>,
    /// Only those whose address holds this text, whatever its case; empty: all.
    pub(crate) address_contains: String,
    /// Only those whose address, or the name of whoever accepted, holds this text, whatever its case; empty: all.
    pub(crate) text: String,
    pub(crate) order: ListOrder,
}

/// In which order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ListOrder {
    #[default]
    Newest,
    Oldest,
    /// By the canonical address; those of one address oldest first.
    Address,
}

/// What finds those that a filter lets through.
#[derive(Debug, Clone, Copy)]
enum Found {
    /// The primary key, which holds what states are told by.
    ByState,
    OfImport(ImportId),
    AtLocation(LocationId),
    OfInviter(PersonId),
    /// Nothing but a look at each.
    ByLooking,
}

impl ListFilter {
    fn found(&self) -> Found {
        match (self.import, self.location, self.inviter) {
            _ if self.is_by_state_alone() => Found::ByState,
            (Some(import), _, _) => Found::OfImport(import),
            (None, Some(location), _) => Found::AtLocation(location),
            (None, None, Some(inviter)) => Found::OfInviter(inviter),
            (None, None, None) => Found::ByLooking,
        }
    }

    /// Whether it asks for some states, and nothing else.
    fn is_by_state_alone(&self) -> bool {
        let is_by_place = self.group.is_some() || self.location.is_some();
        let is_by_origin = self.import.is_some() || self.inviter.is_some();
        let is_by_text = !self.address_contains.is_empty() || !self.text.is_empty();
        let is_by_rest = !self.delivery_states.is_empty() || is_by_text;
        !self.states.is_empty() && !is_by_place && !is_by_origin && !is_by_rest
    }
}

/// Where an invitation stands in a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum ListPosition {
    /// Where ids decide. Written as the version before writes it, whose pages go on.
    Id(InvitationId),
    /// Where addresses do.
    Address {
        address: String,
        create_time: OffsetDateTime,
        id: InvitationId,
    },
}

impl ListPosition {
    /// Of an invitation in a list of this order.
    pub(crate) fn of(invitation: &Invitation, order: ListOrder) -> Self {
        match order {
            ListOrder::Newest | ListOrder::Oldest => Self::Id(invitation.id),
            ListOrder::Address => Self::Address {
                address: invitation.address.canonical().to_owned(),
                create_time: invitation.create_time,
                id: invitation.id,
            },
        }
    }

    fn id(&self) -> InvitationId {
        match self {
            Self::Id(id) | Self::Address { id, .. } => *id,
        }
    }
}

/// Whether the filter lets an invitation through.
macro_rules! lets_through {
    () => {
        concat!(
            "(cardinality($3::text[]) = 0 OR ",
            effective_state!("$4"),
            " = ANY ($3))
               AND (cardinality($6::text[]) = 0 OR ",
            effective_delivery!("$12"),
            " = ANY ($6))
               AND ($7::uuid IS NULL OR i.inviter_person_id = $7)
               AND ($8::uuid IS NULL OR i.location_id = $8)
               AND ($9::uuid IS NULL OR EXISTS (
                   SELECT FROM invitation_groups f
                   WHERE f.organization_id = i.organization_id AND f.invitation_id = i.invitation_id AND f.group_id = $9))
               AND ($10::text = '' OR strpos(lower(i.address_given), lower($10)) > 0)
               AND ($11::uuid IS NULL OR i.import_id = $11)
               AND ($13::text = '' OR strpos(lower(i.address_given), lower($13)) > 0
                    OR strpos(lower(i.person_display_name), lower($13)) > 0) "
        )
    };
}
use lets_through;

/// At most `limit`, those after `after` in the list. The state that is filtered by is the one shown at `now`. UUIDv7 ids
/// sort by time.
pub(crate) async fn page(
    connection: &mut PgConnection,
    organization: OrganizationId,
    filter: &ListFilter,
    after: Option<ListPosition>,
    limit: i64,
    now: OffsetDateTime,
) -> Result<Vec<Invitation>, DatabaseError> {
    let query = ListQuery {
        organization,
        filter,
        limit,
        now,
    };
    match filter.order {
        ListOrder::Newest => {
            let after = after.map_or(LAST, |after| after.id());
            query.by_id(connection, &by_id::NEWEST, after).await
        }
        ListOrder::Oldest => {
            let after = after.map_or(FIRST, |after| after.id());
            query.by_id(connection, &by_id::OLDEST, after).await
        }
        ListOrder::Address => query.by_address(connection, after).await,
    }
}

/// What every statement of the list is asked with.
#[derive(Clone, Copy)]
struct ListQuery<'f> {
    organization: OrganizationId,
    filter: &'f ListFilter,
    limit: i64,
    now: OffsetDateTime,
}

/// The first five parameters, bound.
macro_rules! bind_query {
    ($query:expr, $statement:expr, $after:expr) => {
        sqlx::query_as($statement)
            .bind($query.organization)
            .bind($after)
            .bind(&$query.filter.states)
            .bind($query.now)
            .bind($query.limit)
    };
}
use bind_query;

/// Those of the whole filter, bound.
macro_rules! bind_filter {
    ($query:expr, $statement:expr, $after:expr) => {
        bind_query!($query, $statement, $after)
            .bind(&$query.filter.delivery_states)
            .bind($query.filter.inviter)
            .bind($query.filter.location)
            .bind($query.filter.group)
            .bind(&$query.filter.address_contains)
            .bind($query.filter.import)
            .bind($query.now - ON_ITS_WAY)
            .bind(&$query.filter.text)
    };
}
use bind_filter;

/// Where people are invited to who are counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InvitedTo {
    pub(crate) organization: OrganizationId,
    /// `None`: whichever.
    pub(crate) group: Option<GroupId>,
    /// `None`: whichever.
    pub(crate) location: Option<LocationId>,
}

/// How many invitations into the group, and to the location, can still be accepted at `now`.
pub(crate) async fn count_live(
    connection: &mut PgConnection,
    place: &InvitedTo,
    now: OffsetDateTime,
) -> Result<i64, DatabaseError> {
    let count = sqlx::query_scalar(concat!(
        "SELECT count(*) FROM invitations i
         WHERE i.organization_id = $1 AND i.state IN (",
        live!(),
        ") AND i.expire_time > $2 AND ($3::uuid IS NULL OR i.location_id = $3)
           AND ($4::uuid IS NULL OR EXISTS (
               SELECT FROM invitation_groups f
               WHERE f.organization_id = i.organization_id AND f.invitation_id = i.invitation_id AND f.group_id = $4))",
    ))
    .bind(place.organization)
    .bind(now)
    .bind(place.location)
    .bind(place.group)
    .fetch_one(connection)
    .await?;
    Ok(count)
}
