//! Opening a link: from the token to the invitation it stands for.

use muster_database::DatabaseError;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::invitation::Invitation;
use crate::domain::link::{Link, NotALink};
use crate::error::Error;
use crate::store::invitation::{find, lock};

/// The invitation of a verified link. A cancelled one says so; a link of another generation is dead.
///
/// # Errors
/// `LINK_INVALID`, `INVITATION_CANCELLED`, `LINK_REPLACED` and `INVITATION_NOT_SENT`.
pub(super) async fn open(
    connection: &mut PgConnection,
    link: Link,
    now: OffsetDateTime,
) -> Result<Invitation, Error> {
    opened(
        find(connection, link.organization, link.invitation).await,
        link,
        now,
    )
}

/// As [`open`], and nobody else changes the invitation until the transaction ends.
///
/// # Errors
/// As [`open`].
pub(super) async fn open_for_update(
    tx: &mut PgConnection,
    link: Link,
    now: OffsetDateTime,
) -> Result<Invitation, Error> {
    opened(lock(tx, link.organization, link.invitation).await, link, now)
}

fn opened(
    found: Result<Option<Invitation>, DatabaseError>,
    link: Link,
    now: OffsetDateTime,
) -> Result<Invitation, Error> {
    let invitation = found?.ok_or(NotALink)?;
    invitation.opened_by(link.generation, now)?;
    Ok(invitation)
}
