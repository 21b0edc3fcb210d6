//! Invitations of an organization in the order that is asked for, and how many are in each state.

use muster_database::DatabaseError;
use muster_ids::{GroupId, ImportId, InvitationId, LocationId, OrganizationId, PersonId};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, Postgres};
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

use super::super::state_lists::{effective_delivery, effective_state, live};
use super::LAST;
use super::row::select_invitation;
use crate::domain::invitation::{DeliveryState, Invitation, ON_ITS_WAY, StateName};

/// Where a list by ids begins that has the oldest first.
const FIRST: InvitationId = InvitationId::from_uuid(Uuid::nil());
/// After everything that is ever made.
const NEVER: OffsetDateTime = datetime!(9999-01-01 00:00 UTC);
/// As many as are sorted to find a page of addresses; of more, one goes through the addresses.
const FEW: i64 = 1_000;

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

/// A page by ids, of those that an index finds by the last condition.
macro_rules! page_by_id {
    ($after:literal, $direction:literal, $which:literal) => {
        select_invitation!(
            "WHERE i.organization_id = $1 AND i.invitation_id ",
            $after,
            " $2 AND ",
            lets_through!(),
            $which,
            " ORDER BY i.invitation_id ",
            $direction,
            " LIMIT $5"
        )
    };
}

/// Those in some states: found in the primary key alone, which holds what that needs, and then read one by one. However rare a state is,
/// nothing else of the organization's invitations is read.
macro_rules! page_by_state {
    ($after:literal, $direction:literal) => {
        concat!(
            "SELECT theirs.* FROM (
                 SELECT i.invitation_id FROM invitations i
                 WHERE i.organization_id = $1 AND i.invitation_id ",
            $after,
            " $2 AND ",
            effective_state!("$4"),
            " = ANY ($3) ORDER BY i.invitation_id ",
            $direction,
            " LIMIT $5) AS wanted
             CROSS JOIN LATERAL (",
            select_invitation!(
                "WHERE i.organization_id = $1 AND i.invitation_id = wanted.invitation_id LIMIT 1"
            ),
            ") AS theirs ORDER BY theirs.invitation_id ",
            $direction
        )
    };
}

/// The pages of a list by ids. A statement for each index: a plan that has to serve all looks through all invitations for the few of one
/// import.
struct ById {
    by_state: &'static str,
    of_import: &'static str,
    at_location: &'static str,
    of_inviter: &'static str,
    by_looking: &'static str,
}

macro_rules! by_id {
    ($after:literal, $direction:literal) => {
        ById {
            by_state: page_by_state!($after, $direction),
            of_import: page_by_id!($after, $direction, "AND i.import_id = $11"),
            at_location: page_by_id!($after, $direction, "AND i.location_id = $8"),
            of_inviter: page_by_id!($after, $direction, "AND i.inviter_person_id = $7"),
            by_looking: page_by_id!($after, $direction, ""),
        }
    };
}

const NEWEST: ById = by_id!("<", "DESC");
const OLDEST: ById = by_id!(">", "ASC");

/// The address as the index `invitations_of_address` has it, which gives those of an organization in their order.
macro_rules! address {
    () => {
        "i.organization_id::text || ' ' || i.address_canonical"
    };
}

/// Behind a position in the order of addresses.
macro_rules! behind {
    () => {
        concat!(
            "(",
            address!(),
            ", i.create_time, i.invitation_id) > ($14::text, $15::timestamptz, $2) "
        )
    };
}

/// A page in the order of addresses, by going through them. That they were made between two times is always so, and fits into no other
/// index: without it a plan that knows no parameters reads all addresses from here on and sorts them. So it does where it finds those of
/// the organization by another index.
const BY_ADDRESS: &str = select_invitation!(
    "WHERE i.organization_id IS NOT DISTINCT FROM $1 AND i.create_time >= $17 AND i.create_time <= $18 AND ",
    address!(),
    " >= $14 AND ",
    address!(),
    " < $16::text AND ",
    behind!(),
    "AND ",
    lets_through!(),
    " ORDER BY ",
    address!(),
    ", i.create_time, i.invitation_id LIMIT $5"
);

/// A page in the same order, of few whose ids are known: read one by one, and sorted.
const FEW_BY_ADDRESS: &str = concat!(
    "SELECT theirs.* FROM unnest($16::uuid[]) AS wanted (invitation_id)
     CROSS JOIN LATERAL (",
    select_invitation!(
        "WHERE i.organization_id = $1 AND i.invitation_id = wanted.invitation_id AND ",
        behind!(),
        "AND ",
        lets_through!(),
        "LIMIT 1"
    ),
    ") AS theirs
     ORDER BY theirs.organization_id::text || ' ' || theirs.address_canonical, theirs.create_time, theirs.invitation_id LIMIT $5"
);

// What there is of them, up to one more than few.
const FEW_IN_STATES: &str = concat!(
    "SELECT i.invitation_id FROM invitations i WHERE i.organization_id = $1 AND ",
    effective_state!("$4"),
    " = ANY ($3) ORDER BY i.invitation_id DESC LIMIT $2"
);
const FEW_OF_IMPORT: &str =
    "SELECT i.invitation_id FROM invitations i WHERE i.organization_id = $1 AND i.import_id = $3
     ORDER BY i.invitation_id DESC LIMIT $2";
const FEW_AT_LOCATION: &str =
    "SELECT i.invitation_id FROM invitations i WHERE i.organization_id = $1 AND i.location_id = $3
     ORDER BY i.invitation_id DESC LIMIT $2";
const FEW_OF_INVITER: &str =
    "SELECT i.invitation_id FROM invitations i WHERE i.organization_id = $1 AND i.inviter_person_id = $3
     ORDER BY i.invitation_id DESC LIMIT $2";

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
            query.by_id(connection, &NEWEST, after).await
        }
        ListOrder::Oldest => {
            let after = after.map_or(FIRST, |after| after.id());
            query.by_id(connection, &OLDEST, after).await
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

impl ListQuery<'_> {
    async fn by_id(
        self,
        connection: &mut PgConnection,
        pages: &ById,
        after: InvitationId,
    ) -> Result<Vec<Invitation>, DatabaseError> {
        let statement = match self.filter.found() {
            Found::ByState => {
                let page = bind_query!(self, pages.by_state, after);
                return Ok(page.fetch_all(connection).await?);
            }
            Found::OfImport(_) => pages.of_import,
            Found::AtLocation(_) => pages.at_location,
            Found::OfInviter(_) => pages.of_inviter,
            Found::ByLooking => pages.by_looking,
        };
        let page = bind_filter!(self, statement, after);
        Ok(page.fetch_all(connection).await?)
    }

    /// An index that finds those of one import does not give them in the order of addresses, and the one that does not find them: of few
    /// all are sorted, and among addresses of which many are meant the next ones are near.
    async fn by_address(
        self,
        connection: &mut PgConnection,
        after: Option<ListPosition>,
    ) -> Result<Vec<Invitation>, DatabaseError> {
        let few = self.few(connection).await?;
        let (address, time, id) = match after {
            Some(ListPosition::Address {
                address,
                create_time,
                id,
            }) => (address, create_time, id),
            // No address is as short as none.
            Some(ListPosition::Id(_)) | None => (String::new(), OffsetDateTime::UNIX_EPOCH, FIRST),
        };
        let place = format!("{} {address}", self.organization.as_uuid());
        let page = match few {
            Some(few) => bind_filter!(self, FEW_BY_ADDRESS, id)
                .bind(place)
                .bind(time)
                .bind(few),
            None => bind_filter!(self, BY_ADDRESS, id)
                .bind(place)
                .bind(time)
                .bind(self.next_organization())
                .bind(OffsetDateTime::UNIX_EPOCH)
                .bind(NEVER),
        };
        Ok(page.fetch_all(connection).await?)
    }

    /// What begins behind all addresses of the organization, as the index has them, whichever collation it sorts by: texts of ids have
    /// the order of the ids in each.
    fn next_organization(self) -> String {
        let next = self.organization.as_uuid().as_u128().saturating_add(1);
        Uuid::from_u128(next).to_string()
    }

    /// The ids of those that an index finds; `None` where there is none for it, or where they are more than few.
    async fn few(self, connection: &mut PgConnection) -> Result<Option<Vec<InvitationId>>, DatabaseError> {
        let asked = |statement: &'static str| {
            let asked = sqlx::query_scalar::<Postgres, InvitationId>(statement);
            asked.bind(self.organization).bind(FEW + 1)
        };
        let few = match self.filter.found() {
            Found::ByState => asked(FEW_IN_STATES).bind(&self.filter.states).bind(self.now),
            Found::OfImport(import) => asked(FEW_OF_IMPORT).bind(import),
            Found::AtLocation(location) => asked(FEW_AT_LOCATION).bind(location),
            Found::OfInviter(inviter) => asked(FEW_OF_INVITER).bind(inviter),
            Found::ByLooking => return Ok(None),
        };
        let few = few.fetch_all(connection).await?;
        let are_few = i64::try_from(few.len()).is_ok_and(|count| count <= FEW);
        Ok(are_few.then_some(few))
    }
}

/// How many invitations show each state at `now`.
pub(crate) async fn counts(
    connection: &mut PgConnection,
    organization: OrganizationId,
    now: OffsetDateTime,
) -> Result<Vec<(StateName, i64)>, DatabaseError> {
    Ok(sqlx::query_as(concat!(
        "SELECT ",
        effective_state!("$2"),
        " AS shown, count(*)
         FROM invitations i WHERE i.organization_id = $1 GROUP BY shown ORDER BY shown",
    ))
    .bind(organization)
    .bind(now)
    .fetch_all(connection)
    .await?)
}

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
