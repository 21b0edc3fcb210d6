//! Pages in the order of addresses.

use muster_database::DatabaseError;
use muster_ids::InvitationId;
use sqlx::{PgConnection, Postgres};
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

use super::super::super::state_lists::{effective_delivery, effective_state, live};
use super::super::row::select_invitation;
use super::{FIRST, Found, ListPosition, ListQuery, bind_filter, bind_query, lets_through};
use crate::domain::invitation::{Invitation, ON_ITS_WAY};

/// After everything that is ever made.
const NEVER: OffsetDateTime = datetime!(9999-01-01 00:00 UTC);
/// As many as are sorted to find a page of addresses; of more, one goes through the addresses.
const FEW: i64 = 1_000;

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

impl ListQuery<'_> {
    /// An index that finds those of one import does not give them in the order of addresses, and the one that does not find them: of few
    /// all are sorted, and among addresses of which many are meant the next ones are near.
    pub(super) async fn by_address(
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
