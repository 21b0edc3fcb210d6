//! The same act on many invitations of an organization, each with an outcome of its own.

use std::collections::{BTreeSet, HashMap, HashSet};

use muster_ids::{InvitationId, InvitationName, OrganizationId, PersonId};
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::listed::{Listed, listed};
use super::mailbox::{self, Mailboxes};
use super::resend::{self, Prepared};
use crate::context::Context;
use crate::domain::invitation::{DeliveryState, Invitation, MailRequest, NextLink, State};
use crate::error::{Error, unless_superseded};
use crate::events::{self, Act};
use crate::ops::At;
use crate::ops::closing;
use crate::store::invitation::list::ListFilter;
use crate::store::invitation::{lock_all, occupied_among, update};
use crate::store::opt_out;

/// Which are meant, and by whom.
#[derive(Debug)]
pub(crate) struct BatchRequest {
    pub(crate) organization: OrganizationId,
    pub(crate) which: Which,
    pub(crate) actor: String,
}

/// How many invitations are said at once.
#[derive(Debug)]
pub(crate) enum Which {
    Named(Vec<InvitationName>),
    /// Those that are listed by the filter, if they are what whoever asks has seen.
    Listed {
        filter: ListFilter,
        count: usize,
        etag: String,
    },
}

/// Those, and by whom.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) organization: OrganizationId,
    pub(crate) names: Vec<InvitationName>,
    /// In which version each was seen; nothing is said of those that are named.
    seen: HashMap<InvitationId, i64>,
    pub(crate) actor: String,
}

/// What became of one: the invitation, with why nothing was done, when nothing was.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) invitation: At<Invitation>,
    pub(crate) refused: Option<Error>,
}

/// What became of those that the organization has.
pub(crate) type Outcomes = HashMap<InvitationId, Outcome>;

/// The invitations that are meant. Looked at in the transaction that acts on them, and then locked: what has changed between
/// the two is seen there.
///
/// # Errors
/// [`Error::InvitationsChanged`], and the database's.
pub(crate) async fn meant(
    tx: &mut PgConnection,
    context: &Context,
    asked: &BatchRequest,
) -> Result<Batch, Error> {
    let organization = asked.organization;
    let (names, seen) = match &asked.which {
        Which::Named(names) => (names.clone(), HashMap::new()),
        Which::Listed { filter, count, etag } => {
            let listed = listed(tx, organization, filter, context.clock.now()).await?;
            let meant = listed.filter(|listed| listed.ids.len() == *count && listed.etag == *etag);
            let Listed { ids, versions, .. } = meant.ok_or(Error::InvitationsChanged)?;
            let name = |invitation| InvitationName {
                organization,
                invitation,
            };
            (ids.into_iter().map(name).collect(), versions)
        }
    };
    Ok(Batch {
        organization,
        names,
        seen,
        actor: asked.actor.clone(),
    })
}

/// Takes those back that were not answered.
///
/// # Errors
/// [`Error::InvitationsChanged`], and the database's.
pub(crate) async fn cancel(
    tx: &mut PgConnection,
    context: &Context,
    batch: &Batch,
) -> Result<Outcomes, Error> {
    let now = context.clock.now();
    let mut outcomes = Outcomes::new();
    for found in locked(tx, batch).await? {
        let before = found.clone();
        let outcome = match found.cancel(now) {
            Transition::Changed(cancelled) => Ok(stored(tx, cancelled).await?),
            Transition::AlreadyDone(cancelled) => Ok(cancelled),
            Transition::Refused(why) => Err(why.into()),
        };
        tell(&mut outcomes, before, outcome, now);
    }
    Ok(outcomes)
}

/// Asks what [`resend`] has to know.
///
/// # Errors
/// `ORGANIZATION_NOT_ACTIVE`, and the peer's failure.
pub(crate) async fn prepare(
    context: &Context,
    asked: &BatchRequest,
    sender: PersonId,
) -> Result<Prepared, Error> {
    resend::prepare(context, asked.organization, sender).await
}

/// Sends those again that were not answered, and counts their mails together: within the plan, or nothing is sent.
///
/// # Errors
/// `PLAN_LIMIT_EXCEEDED`, [`Error::InviterUsedUp`], the database's, and [`Failure::Contended`] when the address of one that had expired got a newer
/// invitation meanwhile.
pub(crate) async fn resend(
    tx: &mut PgConnection,
    context: &Context,
    batch: &Batch,
    link: NextLink,
    prepared: Prepared,
) -> Result<Outcomes, Error> {
    let act = Act {
        actor: batch.actor.clone(),
        time: context.clock.now(),
    };
    closing::refuse(tx, batch.organization).await?;
    let found = locked(tx, batch).await?;
    let mut known = Known::of(tx, context, batch.organization, &found, act.time).await?;
    let (mut outcomes, mut mailed) = (Outcomes::new(), Vec::<Invitation>::new());
    for found in found {
        let before = found.clone();
        let outcome = match known.again(found, link, &act) {
            Ok(mut again) => {
                again.traceparent = prepared.traceparent.clone();
                let again = stored(tx, again).await?;
                mailed.push(again.clone());
                Ok(again)
            }
            Err(why) => Err(why),
        };
        tell(&mut outcomes, before, outcome, act.time);
    }
    let sent: Vec<&Invitation> = mailed.iter().collect();
    if !mailbox::full(tx, context, batch.organization, &sent)
        .await?
        .is_empty()
    {
        // Others have had mails sent to the same mailboxes since the look: the whole batch is tried again, and then sees it.
        return Err(Failure::Contended.into());
    }
    let mails: Vec<MailRequest> = mailed.iter().map(Invitation::mail_request).collect();
    events::mails_requested(tx, &context.clock, mails.iter().map(|mail| (&act, mail))).await?;
    resend::count(tx, context, batch.organization, &mails, act.time, &prepared).await?;
    Ok(outcomes)
}

/// What is to be known of addresses before their invitations are sent again.
struct Known {
    /// Whose invitation has another one beside it that can be answered, or was accepted, if it is an expired one.
    occupied: HashSet<String>,
    /// Who wants none.
    unwanted: HashSet<String>,
    /// How many mails their mailboxes get.
    mailboxes: Mailboxes,
}

impl Known {
    async fn of(
        tx: &mut PgConnection,
        context: &Context,
        organization: OrganizationId,
        found: &[Invitation],
        now: OffsetDateTime,
    ) -> Result<Self, Error> {
        let all: Vec<&str> = found.iter().map(|one| one.address.canonical()).collect();
        let expired = found.iter().filter(|one| one.state == State::Expired);
        let expired: Vec<&str> = expired.map(|one| one.address.canonical()).collect();
        let addresses = found.iter().map(|one| &one.address);
        Ok(Self {
            occupied: occupied_among(tx, organization, &expired).await?,
            unwanted: opt_out::among(tx, organization, &all)
                .await?
                .into_iter()
                .collect(),
            mailboxes: Mailboxes::look(tx, context, organization, addresses, now).await?,
        })
    }

    /// The invitation as it is when it is sent again, not stored yet.
    fn again(&mut self, found: Invitation, link: NextLink, act: &Act) -> Result<Invitation, Error> {
        let address = found.address.canonical();
        if found.state == State::Expired && self.occupied.contains(address) {
            return Err(Error::Superseded);
        }
        if self.unwanted.contains(address) {
            return Err(Error::AddressSuppressed);
        }
        if found.delivery == DeliveryState::Scheduled {
            self.mailboxes.forget(&found.address, found.send_time);
        }
        match found.resend(link, act.time) {
            Transition::Changed(again) | Transition::AlreadyDone(again) => {
                self.mailboxes.add(&again.address, act.time)?;
                // Of several of an address that had expired, one comes back.
                self.occupied.insert(again.address.canonical().to_owned());
                Ok(again)
            }
            Transition::Refused(why) => Err(why.into()),
        }
    }
}

/// All rows are locked in the order of their ids: batches wait for each other, and never in a circle. What is another
/// organization's is not there.
async fn locked(tx: &mut PgConnection, batch: &Batch) -> Result<Vec<Invitation>, Error> {
    let own = batch
        .names
        .iter()
        .filter(|name| name.organization == batch.organization);
    let ids: BTreeSet<InvitationId> = own.map(|name| name.invitation).collect();
    let locked = lock_all(tx, batch.organization, ids).await?;
    let has_changed = |one: &Invitation| batch.seen.get(&one.id).is_some_and(|seen| *seen != one.version);
    if locked.iter().any(has_changed) {
        return Err(Error::InvitationsChanged);
    }
    Ok(locked)
}

async fn stored(tx: &mut PgConnection, mut changed: Invitation) -> Result<Invitation, Error> {
    let update = update(tx, &mut changed).await.map_err(unless_superseded);
    match update {
        Ok(true) => Ok(changed),
        // One that was made after the look: the whole batch is tried again, and then sees it.
        Ok(false) | Err(Error::Superseded) => Err(Failure::Contended.into()),
        Err(error) => Err(error),
    }
}

fn tell(
    outcomes: &mut Outcomes,
    before: Invitation,
    outcome: Result<Invitation, Error>,
    time: OffsetDateTime,
) {
    let (thing, refused) = match outcome {
        Ok(done) => (done, None),
        Err(why) => (before, Some(why)),
    };
    let id = thing.id;
    let invitation = At { thing, time };
    outcomes.insert(id, Outcome { invitation, refused });
}
