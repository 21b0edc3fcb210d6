//! Opening an invitation: by its link, or in the account of the person who has its address.

use muster_database::DatabaseError;
use muster_identity::PersonCaller;
use muster_ids::{InvitationName, PersonId};
use muster_server::Failure;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::invitation::{Invitation, StateName};
use crate::domain::link::{Link, NotALink};
use crate::error::Error;
use crate::store::invitation::{find, lock};

/// Who opens an invitation, and which.
#[derive(Debug, Clone)]
pub(crate) enum Opener {
    /// Whoever holds its link.
    Link(Link),
    /// A person in their own account: to anybody else there is no such invitation.
    Account(InvitationName, PersonCaller),
}

impl Opener {
    pub(crate) fn invitation(&self) -> InvitationName {
        match self {
            Opener::Link(link) => InvitationName {
                organization: link.organization,
                invitation: link.invitation,
            },
            Opener::Account(name, _) => *name,
        }
    }

    /// Who is signed in, where that is needed.
    pub(super) fn person(&self) -> Option<PersonId> {
        match self {
            Opener::Link(_) => None,
            Opener::Account(_, person) => Some(person.id),
        }
    }

    /// The field of the request that says so.
    pub(crate) fn field(&self) -> &'static str {
        match self {
            Opener::Link(_) => "token",
            Opener::Account(..) => "name",
        }
    }

    /// The invitation, as it was found. A cancelled one says so; a link of another generation is dead; before its send_time it
    /// is not to be opened, and nobody finds it in their account.
    fn open(&self, found: Option<Invitation>, now: OffsetDateTime) -> Result<Invitation, Error> {
        match self {
            Opener::Link(link) => {
                let invitation = found.ok_or(NotALink)?;
                invitation.opened_by(link.generation, now)?;
                Ok(invitation)
            }
            Opener::Account(_, person) => {
                require_an_address(person)?;
                let is_theirs =
                    |found: &Invitation| person.emails.contains(&found.address) && !found.is_hidden(now);
                let invitation = found.filter(is_theirs).ok_or(Failure::NotFound)?;
                match invitation.state.name() {
                    StateName::Cancelled => Err(Error::Cancelled),
                    _ => Ok(invitation),
                }
            }
        }
    }
}

/// Whoever looks for what was sent to them has an address that was verified.
///
/// # Errors
/// `ADDRESS_UNKNOWN`.
pub(crate) fn require_an_address(person: &PersonCaller) -> Result<(), Error> {
    match person.emails.is_empty() {
        true => Err(Error::AddressUnknown),
        false => Ok(()),
    }
}

/// The invitation that is to be opened.
///
/// # Errors
/// `LINK_INVALID`, `LINK_REPLACED` and `INVITATION_NOT_SENT` by a link; `NOT_FOUND` and `ADDRESS_UNKNOWN` in an account;
/// `INVITATION_CANCELLED` by both.
pub(super) async fn open(
    connection: &mut PgConnection,
    opener: &Opener,
    now: OffsetDateTime,
) -> Result<Invitation, Error> {
    let name = opener.invitation();
    let found: Result<_, DatabaseError> = find(connection, name.organization, name.invitation).await;
    opener.open(found?, now)
}

/// As [`open`], and nobody else changes the invitation until the transaction ends.
///
/// # Errors
/// As [`open`].
pub(super) async fn open_for_update(
    tx: &mut PgConnection,
    opener: &Opener,
    now: OffsetDateTime,
) -> Result<Invitation, Error> {
    let name = opener.invitation();
    opener.open(lock(tx, name.organization, name.invitation).await?, now)
}
