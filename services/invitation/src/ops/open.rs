//! Opening a link: from the token to the invitation it stands for.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::invitation::{DeliveryState, Invitation, StateName};
use crate::domain::link::{Link, NotALink};
use crate::error::Error;
use crate::store::invitations;

/// The invitation of a verified link. A cancelled one says so; a link of another generation is dead.
///
/// # Errors
/// `LINK_INVALID`, `INVITATION_CANCELLED`, `LINK_REPLACED` and `INVITATION_NOT_SENT`.
pub(crate) async fn open(
    connection: &mut PgConnection,
    link: Link,
    now: OffsetDateTime,
) -> Result<Invitation, Error> {
    let invitation = invitations::find(connection, link.organization, link.invitation).await?;
    let invitation = invitation.ok_or(NotALink)?;
    if invitation.state.name() == StateName::Cancelled {
        return Err(Error::Cancelled);
    }
    if invitation.generation != link.generation {
        return Err(Error::LinkReplaced);
    }
    if invitation.delivery == DeliveryState::Scheduled && now < invitation.send_time {
        return Err(Error::NotSent);
    }
    Ok(invitation)
}
