//! Somebody could not accept, because none of the groups of the invitation is active: the organization is to be told.

use muster_identity::Role;
use muster_ids::{InvitationName, OrganizationId, PersonId};
use muster_states::Transition;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::context::Context;
use crate::domain::acceptance_notice::{AcceptanceNotice, INTERVAL};
use crate::error::Error;
use crate::events;
use crate::store::{acceptance_notice, invitation};

/// Looks whether an acceptance was refused for its groups, and has the organization told of it: once an invitation and day, however often
/// somebody tries. In a transaction of its own, since what refuses keeps nothing.
///
/// # Errors
/// What it was refused for; of a peer, the database's.
pub(crate) async fn refused<T>(
    context: &Context,
    name: InvitationName,
    accepted: Result<T, Error>,
) -> Result<T, Error> {
    if let Err(Error::GroupInactive(_)) = &accepted {
        tell(context, name).await?;
    }
    accepted
}

async fn tell(context: &Context, name: InvitationName) -> Result<(), Error> {
    let now = context.clock.now();
    let look = async |db: &mut PgConnection| -> Result<_, Error> {
        if acceptance_notice::is_told(db, name, now - INTERVAL).await? {
            return Ok(None);
        }
        let found = invitation::find(db, name.organization, name.invitation).await?;
        Ok(found.map(|found| found.inviter))
    };
    let Some(inviter) = context.database.read(look).await? else {
        return Ok(());
    };
    let Some(person) = told(context, name.organization, inviter).await? else {
        return Ok(());
    };
    let write = async |tx: &mut PgConnection| write(tx, context, name, person, now).await;
    context.database.write(write).await
}

/// Who invited, if they may still do so and their address is known; else the owner.
async fn told(
    context: &Context,
    organization: OrganizationId,
    inviter: PersonId,
) -> Result<Option<PersonId>, Error> {
    let contact = context.organization.contact(organization, inviter).await?;
    if contact.is_some_and(|contact| contact.role >= Role::Admin) {
        return Ok(Some(inviter));
    }
    context.organization.owner(organization).await
}

async fn write(
    tx: &mut PgConnection,
    context: &Context,
    name: InvitationName,
    person: PersonId,
    now: OffsetDateTime,
) -> Result<(), Error> {
    if !acceptance_notice::tell(tx, name, person, now, now - INTERVAL).await? {
        return Ok(());
    }
    let new = AcceptanceNotice::new(name.organization, context.clock.new_id(), person);
    match acceptance_notice::lock_or_insert(tx, new).await?.ask(now) {
        Transition::Changed(asked) => {
            acceptance_notice::update(tx, &asked).await?;
            events::groups_inactive_requested(tx, &context.clock, &asked, now).await?;
        }
        Transition::AlreadyDone(_) => {}
        Transition::Refused(never) => match never {},
    }
    Ok(())
}
