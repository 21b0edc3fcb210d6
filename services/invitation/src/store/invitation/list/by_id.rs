//! Pages in the order of ids, which is that of making.

use muster_database::DatabaseError;
use muster_ids::InvitationId;
use sqlx::PgConnection;

use super::super::super::state_lists::{effective_delivery, effective_state, live};
use super::super::row::select_invitation;
use super::{Found, ListQuery, bind_filter, bind_query, lets_through};
use crate::domain::invitation::{Invitation, ON_ITS_WAY};

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
pub(super) struct ById {
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

pub(super) const NEWEST: ById = by_id!("<", "DESC");
pub(super) const OLDEST: ById = by_id!(">", "ASC");

impl ListQuery<'_> {
    pub(super) async fn by_id(
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
}
