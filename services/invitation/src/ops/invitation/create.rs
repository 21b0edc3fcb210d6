//! Inviting by hand: one address, or several at once, all or nothing.

mod check;
pub(crate) mod together;

use std::collections::BTreeMap;

use muster_address::EmailAddress;
use muster_ids::{GroupId, GroupName, LocationId, OrganizationId, PersonId};
use muster_language::Language;
use muster_telemetry::propagation;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::invite::{self, Invited};
use super::mailbox;
use super::messages::{self, Asked};
use crate::context::Context;
use crate::domain::invitation::draft::Draft;
use crate::domain::invitation::{DeliveryState, Invitation, MailRequest, Source};
use crate::domain::inviting::InvitingContext;
use crate::domain::mailbox::MailboxFull;
use crate::error::{Error, Field};
use crate::events::{self, Act};
use crate::ops::{At, closing};
use crate::organization::ContextQuery;
use crate::store::invitation::update;
use crate::store::quota::Slot;

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Create {
    pub(crate) organization: OrganizationId,
    pub(crate) inviter: PersonId,
    /// The inviter, as events name them.
    pub(crate) actor: String,
    pub(crate) specs: Vec<InvitationSpec>,
}

/// One address to invite.
#[derive(Debug, Clone)]
pub(crate) struct InvitationSpec {
    /// Where it stands in the request: `requests[2].invitation.`
    pub(crate) path: String,
    pub(crate) address: EmailAddress,
    pub(crate) groups: Vec<GroupId>,
    pub(crate) location: Option<LocationId>,
    /// In which they are written to; of the organization unless it is said.
    pub(crate) language: Option<Language>,
    /// Not before this time.
    pub(crate) send_time: Option<OffsetDateTime>,
}

/// What may be stored, as far as the organization says.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    drafts: Vec<Invitation>,
    pub(crate) untrained: Vec<GroupName>,
    messages_per_day: i64,
    now: OffsetDateTime,
}

/// What a call that invites has made.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    /// In the order of the request.
    pub(crate) invitations: Vec<Invitation>,
    /// Groups of the request that require no trainings yet: nobody is refused for that, and somebody may have forgotten them.
    pub(crate) untrained: Vec<GroupName>,
}

/// Asks the organization for everything that is to be known of it.
///
/// # Errors
/// What `CreateInvitation` and `BatchCreateInvitations` refuse.
pub(crate) async fn prepare(context: &Context, command: &Create) -> Result<Prepared, Error> {
    let now = context.clock.now();
    let query = query(&command.specs);
    let asking = context
        .organization
        .active_context_of(command.organization, &query);
    let inviting = asking.await?;
    check::check(command, &inviting)?;
    Ok(Prepared {
        drafts: drafts(context, command, inviting.language, now),
        untrained: untrained(command.organization, &query, &inviting),
        messages_per_day: inviting.limits.messages_per_day,
        now,
    })
}

/// Invites everybody, or nobody.
///
/// # Errors
/// As [`prepare`].
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    command: &Create,
    prepared: Prepared,
) -> Result<At<Made>, Error> {
    let time = prepared.now;
    let actor = command.actor.clone();
    let act = Act { actor, time };
    closing::refuse(tx, command.organization).await?;
    let mut invited = invite_all(tx, command, prepared.drafts).await?;
    let full = suppress(tx, context, command.organization, &mut invited).await?;
    refuse_full(command, full)?;
    let new = || invited.iter().filter(|(_, is_new)| *is_new).map(|(made, _)| made);
    let queued = new().filter(|new| new.delivery == DeliveryState::Queued);
    let mails: Vec<MailRequest> = queued.map(Invitation::mail_request).collect();
    events::mails_requested(tx, &context.clock, mails.iter().map(|mail| (&act, mail))).await?;
    let mailed = new().filter(|new| new.delivery != DeliveryState::Suppressed);
    count(
        tx,
        context,
        command.organization,
        mailed,
        prepared.messages_per_day,
    )
    .await?;
    let thing = Made {
        invitations: invited.into_iter().map(|(invitation, _)| invitation).collect(),
        untrained: prepared.untrained,
    };
    Ok(At { thing, time })
}

fn untrained(
    organization: OrganizationId,
    query: &ContextQuery,
    inviting: &InvitingContext,
) -> Vec<GroupName> {
    let is_untrained = |group: &&GroupId| {
        inviting
            .groups
            .get(group)
            .is_some_and(|group| !group.has_trainings)
    };
    let named = query.groups.iter().filter(is_untrained);
    named.map(|&group| GroupName { organization, group }).collect()
}

fn query(specs: &[InvitationSpec]) -> ContextQuery {
    let groups = specs.iter().flat_map(|spec| &spec.groups);
    ContextQuery {
        groups: groups.copied().collect(),
        locations: specs.iter().filter_map(|spec| spec.location).collect(),
    }
}

fn drafts(context: &Context, command: &Create, usual: Language, now: OffsetDateTime) -> Vec<Invitation> {
    let traceparent = propagation::current_traceparent();
    let draft = |spec: &InvitationSpec| {
        Draft {
            organization: command.organization,
            id: context.clock.new_id(),
            address: spec.address.clone(),
            language: spec.language.unwrap_or(usual),
            groups: spec.groups.clone(),
            location: spec.location,
            source: Source::Manual,
            inviter: command.inviter,
            import: None,
            now,
            due: spec.send_time.map_or(now, |at| at.max(now)),
            traceparent: traceparent.clone(),
        }
        .invitation()
    };
    command.specs.iter().map(draft).collect()
}

/// Invites in the order of the addresses; answers in the order of the request, with whether each is new.
async fn invite_all(
    tx: &mut PgConnection,
    command: &Create,
    drafts: Vec<Invitation>,
) -> Result<Vec<(Invitation, bool)>, Error> {
    let mut drafts: Vec<(usize, Invitation)> = drafts.into_iter().enumerate().collect();
    drafts.sort_by(|(_, left), (_, right)| left.address.canonical().cmp(right.address.canonical()));
    let (places, drafts): (Vec<usize>, Vec<Invitation>) = drafts.into_iter().unzip();
    let outcomes = invite::invite_all(tx, command.organization, drafts).await?;
    let mut invited: Vec<(usize, Invitation, bool)> = Vec::with_capacity(places.len());
    let (mut active, mut full) = (Vec::new(), Vec::new());
    for (place, outcome) in places.into_iter().zip(outcomes) {
        match outcome {
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

/// Suppresses the mail to whoever asked not to be invited again while their invitation was made: it waited for theirs. Tells of the
/// others, by their places, whose mailboxes are full.
async fn suppress(
    tx: &mut PgConnection,
    context: &Context,
    organization: OrganizationId,
    invited: &mut [(Invitation, bool)],
) -> Result<BTreeMap<usize, MailboxFull>, Error> {
    let mailed = invited.iter().enumerate();
    let mailed = mailed.filter(|(_, (made, is_new))| *is_new && made.delivery != DeliveryState::Suppressed);
    let (places, mailed): (Vec<usize>, Vec<&Invitation>) =
        mailed.map(|(place, (made, _))| (place, made)).unzip();
    let found = mailbox::obstacles(tx, context, organization, &mailed).await?;
    let in_all = |place: usize| places.get(place).copied();
    for place in found.unwanted.into_iter().filter_map(in_all) {
        let Some((invitation, _)) = invited.get_mut(place) else {
            continue;
        };
        invitation.delivery = DeliveryState::Suppressed;
        invitation.mails.suppress();
        // Nobody else knows the row: it is not waited for.
        update(tx, invitation).await?;
    }
    let full = found.full.into_iter();
    Ok(full
        .filter_map(|(place, full)| Some((in_all(place)?, full)))
        .collect())
}

/// Nobody is invited whose mailbox is full: a mail that waits for a day would surprise whoever invites, who may say a `send_time`.
fn refuse_full(command: &Create, full: BTreeMap<usize, MailboxFull>) -> Result<(), Error> {
    // Whoever comes back after the longest wait finds room in all of them.
    let Some(longest) = full.values().max_by_key(|full| full.wait).copied() else {
        return Ok(());
    };
    let problem = "is of a mailbox that has as many mails in 24 hours as it may";
    let fields = fields(command, full.into_keys().collect(), "address", problem);
    Err(Error::MailboxFull {
        full: longest,
        fields,
    })
}

/// The field `name` of each of the spec ones in `places`, in the order of the request.
fn fields(command: &Create, mut places: Vec<usize>, name: &str, problem: &'static str) -> Vec<Field> {
    places.sort_unstable();
    let spec = places.into_iter().filter_map(|place| command.specs.get(place));
    spec.map(|spec| Field {
        path: format!("{}{name}", spec.path),
        problem,
    })
    .collect()
}

/// Counts the mails of new invitations, the last thing that the transaction does.
async fn count(
    tx: &mut PgConnection,
    context: &Context,
    organization: OrganizationId,
    new: impl Iterator<Item = &Invitation> + Clone,
    plan: i64,
) -> Result<(), Error> {
    let Some(first) = new.clone().next() else {
        return Ok(());
    };
    let slot = Slot::spread(first.id.as_uuid());
    let asked = new.map(|invitation| Asked {
        by: invitation.inviter,
        due: invitation.send_time,
    });
    messages::count(tx, context, organization, asked, plan, slot).await
}
