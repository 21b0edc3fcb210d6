//! Invitations of an organization, newest first, and how many are in each state.

use muster_database::DatabaseError;
use muster_ids::{GroupId, ImportId, InvitationId, LocationId, OrganizationId, PersonId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::super::state_lists::{effective_delivery, effective_state, live};
use super::LAST;
use super::row::select_invitation;
use crate::domain::invitation::{DeliveryState, Invitation, ON_ITS_WAY, StateName};

/// Which invitations of an organization are listed.
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
}

impl ListFilter {
    /// Whether it asks for some states, and nothing else.
    fn is_by_state_alone(&self) -> bool {
        let is_by_place = self.group.is_some() || self.location.is_some();
        let is_by_origin = self.import.is_some() || self.inviter.is_some();
        let is_by_rest = !self.delivery_states.is_empty() || !self.address_contains.is_empty();
        !self.states.is_empty() && !is_by_place && !is_by_origin && !is_by_rest
    }
}

macro_rules! select_page {
    ($which:literal) => {
        select_invitation!(
            "WHERE i.organization_id = $1 AND i.invitation_id < $2
               AND (cardinality($3::text[]) = 0 OR ",
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
               AND ($10::text = '' OR strpos(lower(i.address_given), lower($10)) > 0) ",
            $which,
            " ORDER BY i.invitation_id DESC LIMIT $5"
        )
    };
}

/// Those in some states: found in the primary key alone, which holds what that needs, and then read one by one. However rare a state is,
/// nothing else of the organization's invitations is read.
const BY_STATE: &str = concat!(
    "SELECT theirs.* FROM (
         SELECT i.invitation_id FROM invitations i
         WHERE i.organization_id = $1 AND i.invitation_id < $2 AND ",
    effective_state!("$4"),
    " = ANY ($3) ORDER BY i.invitation_id DESC LIMIT $5) AS wanted
     CROSS JOIN LATERAL (",
    select_invitation!("WHERE i.organization_id = $1 AND i.invitation_id = wanted.invitation_id LIMIT 1"),
    ") AS theirs ORDER BY theirs.invitation_id DESC"
);

/// At most `limit`, those after `after` in the list. The state that is filtered by is the one shown at `now`. UUIDv7 ids
/// sort by time.
pub(crate) async fn page(
    connection: &mut PgConnection,
    organization: OrganizationId,
    filter: &ListFilter,
    after: Option<InvitationId>,
    limit: i64,
    now: OffsetDateTime,
) -> Result<Vec<Invitation>, DatabaseError> {
    if filter.is_by_state_alone() {
        let page = sqlx::query_as(BY_STATE)
            .bind(organization)
            .bind(after.unwrap_or(LAST))
            .bind(&filter.states)
            .bind(now)
            .bind(limit);
        return Ok(page.fetch_all(connection).await?);
    }
    // A statement for each index: a plan that has to serve all looks through all invitations for the few of one import.
    let page = if filter.import.is_some() {
        sqlx::query_as(select_page!("AND i.import_id = $11"))
    } else if filter.location.is_some() {
        sqlx::query_as(select_page!("AND i.location_id = $8 AND $11::uuid IS NULL"))
    } else if filter.inviter.is_some() {
        sqlx::query_as(select_page!("AND i.inviter_person_id = $7 AND $11::uuid IS NULL"))
    } else {
        sqlx::query_as(select_page!("AND $11::uuid IS NULL"))
    };
    let page = page
        .bind(organization)
        .bind(after.unwrap_or(LAST))
        .bind(&filter.states)
        .bind(now)
        .bind(limit)
        .bind(&filter.delivery_states)
        .bind(filter.inviter)
        .bind(filter.location)
        .bind(filter.group)
        .bind(&filter.address_contains)
        .bind(filter.import)
        .bind(now - ON_ITS_WAY);
    Ok(page.fetch_all(connection).await?)
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
