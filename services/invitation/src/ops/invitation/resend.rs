//! Sending an invitation again, with the same link or a new one.

use muster_ids::{InvitationName, OrganizationId, PersonId};
use muster_server::Failure;
use muster_states::Transition;
use muster_telemetry::propagation;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::context::Context;
use crate::domain::invitation::{Invitation, MailRequest, NextLink, State};
use crate::error::{Error, unless_superseded};
use crate::events::{self, Act};
use crate::ops::invitation::mailbox;
use crate::ops::invitation::messages::{self, Asked};
use crate::ops::{At, closing};
use crate::organization::ContextQuery;
use crate::store::invitation::{lock, lock_by_address, update};
use crate::store::opt_out;
use crate::store::quota::Slot;

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Resend {
    pub(crate) name: InvitationName,
    pub(crate) link: NextLink,
    pub(crate) actor: String,
}

/// What may be done, as far as the organization says, and in which trace.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(super) messages_per_day: i64,
    /// Who sends.
    pub(super) sender: PersonId,
    pub(super) traceparent: Option<String>,
}

/// Asks the organization whether it is active, and what its plan allows.
///
/// # Errors
/// `ORGANIZATION_NOT_ACTIVE`, and the peer's failure.
pub(crate) async fn prepare(
    context: &Context,
    organization: OrganizationId,
    sender: PersonId,
) -> Result<Prepared, Error> {
    let nothing = ContextQuery::default();
    let asking = context.organization.active_context_of(organization, &nothing);
    Ok(Prepared {
        messages_per_day: asking.await?.limits.messages_per_day,
        sender,
        traceparent: propagation::current_traceparent(),
    })
}

/// Sends an invitation again that was not answered yet; one whose time has run out can be accepted again.
///
/// # Errors
/// What `ResendInvitation` refuses.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    command: &Resend,
    prepared: Prepared,
) -> Result<At<Invitation>, Error> {
    let act = Act {
        actor: command.actor.clone(),
        time: context.clock.now(),
    };
    let mut thing = again(tx, command, &act).await?;
    thing.traceparent.clone_from(&prepared.traceparent);
    store(tx, context, &mut thing, &act, &prepared).await?;
    let time = act.time;
    Ok(At { thing, time })
}

/// The locked invitation as it is when it is sent again, not stored yet.
async fn again(tx: &mut PgConnection, command: &Resend, act: &Act) -> Result<Invitation, Error> {
    let InvitationName {
        organization,
        invitation,
    } = command.name;
    let is_open = closing::refuse(tx, organization).await;
    let found = lock(tx, organization, invitation)
        .await?
        .ok_or(Failure::NotFound)?;
    is_open?;
    if found.state == State::Expired {
        let newer = lock_by_address(tx, organization, found.address.canonical()).await?;
        if newer.is_some() {
            return Err(Error::Superseded);
        }
    }
    if opt_out::exists(tx, organization, found.address.canonical()).await? {
        return Err(Error::AddressSuppressed);
    }
    match found.resend(command.link, act.time) {
        Transition::Changed(again) | Transition::AlreadyDone(again) => Ok(again),
        Transition::Refused(why) => Err(why.into()),
    }
}

/// Stores it, asks for its mail, and counts that against the plan last: the rows it counts in are those of all who invite
/// for the organization.
async fn store(
    tx: &mut PgConnection,
    context: &Context,
    again: &mut Invitation,
    act: &Act,
    prepared: &Prepared,
) -> Result<(), Error> {
    if !update(tx, again).await.map_err(unless_superseded)? {
        return Err(Failure::Contended.into());
    }
    if let Some(full) = mailbox::full(tx, context, again.organization, &[&*again])
        .await?
        .into_values()
        .next()
    {
        return Err(full.into());
    }
    let mail = again.mail_request();
    events::mail_requested(tx, &context.clock, act, &mail).await?;
    count(tx, context, again.organization, &[mail], act.time, prepared).await
}

/// Counts mails that go out now.
///
/// # Errors
/// [`Error::MessagesUsedUp`], [`Error::InviterUsedUp`].
pub(super) async fn count(
    tx: &mut PgConnection,
    context: &Context,
    organization: OrganizationId,
    mails: &[MailRequest],
    now: OffsetDateTime,
    prepared: &Prepared,
) -> Result<(), Error> {
    let Some(first) = mails.first() else {
        return Ok(());
    };
    let slot = Slot::spread(first.invitation.as_uuid());
    let asked = mails.iter().map(|_| Asked {
        by: prepared.sender,
        due: now,
    });
    let plan = prepared.messages_per_day;
    messages::count(tx, context, organization, asked, plan, slot).await
}
