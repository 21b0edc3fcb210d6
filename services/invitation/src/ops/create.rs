//! Inviting by hand: one address, or several at once, all or nothing.

mod check;

use muster_address::EmailAddress;
use muster_clock::Clock;
use muster_database::idempotency::{self, Key};
use muster_ids::{GroupId, InvitationId, LocationId, OrganizationId, PersonId};
use muster_telemetry::propagation;
use prost::Message;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::invite::{Invited, invite};
use crate::domain::draft::Draft;
use crate::domain::invitation::{DeliveryState, Invitation, Source};
use crate::error::{Error, Field};
use crate::events::{self, Act};
use crate::organization::Named;
use crate::parts::Parts;
use crate::store::messages::{self, Slot};

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Create {
    pub(crate) organization: OrganizationId,
    pub(crate) inviter: PersonId,
    pub(crate) wanted: Vec<Wanted>,
    pub(crate) key: Key,
}

/// One address to invite.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Where it stands in the request: `requests[2].invitation.`
    pub(crate) path: String,
    pub(crate) address: EmailAddress,
    pub(crate) groups: Vec<GroupId>,
    pub(crate) location: Option<LocationId>,
    /// Not before this time.
    pub(crate) send_time: Option<OffsetDateTime>,
}

/// Invites. `respond` makes the answer that is stored with the request's id.
///
/// # Errors
/// What `CreateInvitation` and `BatchCreateInvitations` refuse.
pub(crate) async fn create<R>(
    parts: &Parts,
    command: Create,
    respond: fn(&[Invitation], OffsetDateTime) -> R,
) -> Result<R, Error>
where
    R: Message + Default + 'static,
{
    let named = named(&command.wanted);
    let asked = parts.organization.active_context_of(command.organization, &named);
    let context = asked.await;
    let now = parts.clock.now();
    let clock = parts.clock.clone();
    let traceparent = propagation::current_traceparent();
    idempotency::run(&parts.database, command.key.clone(), now, move |tx| {
        Box::pin(async move {
            // Not before: a repeated request gets its answer, whatever has become of the organization.
            let context = context?;
            check::check(&command, &context)?;
            let drafts = drafts(&command, &clock, now, traceparent.as_deref());
            let invited = invite_all(tx, &command, drafts).await?;
            let new = || invited.iter().filter(|(_, is_new)| *is_new).map(|(made, _)| made);
            let act = Act {
                actor: command.key.caller.clone(),
                time: now,
            };
            for invitation in new().filter(|new| new.delivery == DeliveryState::Queued) {
                events::mail_requested(tx, &clock, &act, &invitation.mail_request()).await?;
            }
            count(tx, command.organization, new(), context.limits.messages_per_day).await?;
            let answer: Vec<Invitation> = invited.into_iter().map(|(invitation, _)| invitation).collect();
            Ok(respond(&answer, now))
        })
    })
    .await
}

fn named(wanted: &[Wanted]) -> Named {
    let groups = wanted.iter().flat_map(|wanted| &wanted.groups);
    Named {
        groups: groups.copied().collect(),
        locations: wanted.iter().filter_map(|wanted| wanted.location).collect(),
    }
}

fn drafts(
    command: &Create,
    clock: &Clock,
    now: OffsetDateTime,
    traceparent: Option<&str>,
) -> Vec<Invitation> {
    let draft = |wanted: &Wanted| {
        Draft {
            organization: command.organization,
            id: InvitationId::from_uuid(clock.new_uuid()),
            address: wanted.address.clone(),
            groups: wanted.groups.clone(),
            location: wanted.location,
            source: Source::Manual,
            inviter: command.inviter,
            import: None,
            now,
            due: wanted.send_time.map_or(now, |at| at.max(now)),
            traceparent: traceparent.map(str::to_owned),
        }
        .invitation()
    };
    command.wanted.iter().map(draft).collect()
}

/// Invites in the order of the addresses, so that two batches never wait for each other in a circle; answers in the
/// order of the request, with whether each is new.
async fn invite_all(
    tx: &mut PgConnection,
    command: &Create,
    drafts: Vec<Invitation>,
) -> Result<Vec<(Invitation, bool)>, Error> {
    let mut drafts: Vec<(usize, Invitation)> = drafts.into_iter().enumerate().collect();
    drafts.sort_by(|(_, left), (_, right)| left.address.canonical().cmp(right.address.canonical()));
    let mut invited: Vec<(usize, Invitation, bool)> = Vec::with_capacity(drafts.len());
    let (mut active, mut full) = (Vec::new(), Vec::new());
    for (place, draft) in drafts {
        match invite(tx, draft).await? {
            Invited::New(invitation) => invited.push((place, invitation, true)),
            Invited::Live(invitation) => {
                // An address that stands in a batch twice is one invitation: both are answered as it is in the end.
                for (_, earlier, _) in &mut invited {
                    if earlier.id == invitation.id {
                        *earlier = invitation.clone();
                    }
                }
                invited.push((place, invitation, false));
            }
            Invited::AlreadyActive => active.push(place),
            Invited::TooManyGroups => full.push(place),
        }
    }
    if !full.is_empty() {
        let problem = "would be more than 50 together with those that the address is invited to already";
        return Err(Error::TooManyGroups(fields(command, full, "groups", problem)));
    }
    if !active.is_empty() {
        let problem = "belongs to an active learner";
        return Err(Error::LearnerAlreadyActive(fields(
            command, active, "address", problem,
        )));
    }
    invited.sort_by_key(|(place, ..)| *place);
    Ok(invited
        .into_iter()
        .map(|(_, invitation, is_new)| (invitation, is_new))
        .collect())
}

/// The field `name` of each of the wanted ones in `places`, in the order of the request.
fn fields(command: &Create, mut places: Vec<usize>, name: &str, problem: &'static str) -> Vec<Field> {
    places.sort_unstable();
    let wanted = places.into_iter().filter_map(|place| command.wanted.get(place));
    wanted
        .map(|wanted| Field {
            path: format!("{}{name}", wanted.path),
            problem,
        })
        .collect()
}

/// Counts the mails of new invitations against the plan. The last thing that the transaction does: the rows it counts in
/// are those of all who invite for the organization.
async fn count(
    tx: &mut PgConnection,
    organization: OrganizationId,
    new: impl Iterator<Item = &Invitation> + Clone,
    limit: i64,
) -> Result<(), Error> {
    let Some(first) = new.clone().next() else {
        return Ok(());
    };
    let slot = Slot::spread(first.id.as_uuid());
    for (hour, mails) in messages::by_hour(new.map(|invitation| invitation.send_time)) {
        let used = messages::add(tx, organization, hour, mails, slot).await?;
        if used + mails > limit {
            return Err(Error::MessagesUsedUp { used, limit });
        }
    }
    Ok(())
}
