//! Inviting by hand: one address, or several at once, all or nothing.

use muster_address::EmailAddress;
use muster_database::idempotency::{self, Key};
use muster_ids::{GroupId, InvitationId, LocationId, OrganizationId, PersonId};
use muster_telemetry::propagation;
use prost::Message;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::invite::{Invited, invite};
use crate::domain::context::Context;
use crate::domain::invitation::{DeliveryState, Invitation, LIFE, Source, State};
use crate::error::{Error, Field};
use crate::events::{self, Act};
use crate::parts::Parts;
use crate::store::messages;

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
    let context = parts.organization.active_context(command.organization).await;
    let now = parts.clock.now();
    let clock = parts.clock.clone();
    let traceparent = propagation::current_traceparent();
    idempotency::run(&parts.database, command.key.clone(), now, move |tx| {
        Box::pin(async move {
            // Not before: a repeated request gets its answer, whatever has become of the organization.
            let context = context?;
            check(&command, &context)?;
            let act = Act {
                actor: command.key.caller.clone(),
                time: now,
            };
            let draft = |wanted: &Wanted| {
                let id = InvitationId::from_uuid(clock.new_uuid());
                Invitation {
                    traceparent: traceparent.clone(),
                    ..draft(&command, wanted, id, now)
                }
            };
            let drafts = command.wanted.iter().map(draft).collect();
            let mut answer = Vec::with_capacity(command.wanted.len());
            for (invitation, is_new) in invite_all(tx, &command, drafts).await? {
                if is_new {
                    ask_for_mail(tx, &clock, &act, &invitation, context.limits.messages_per_day).await?;
                }
                answer.push(invitation);
            }
            Ok(respond(&answer, now))
        })
    })
    .await
}

fn check(command: &Create, context: &Context) -> Result<(), Error> {
    let (used, limit) = (
        i64::try_from(command.wanted.len()).unwrap_or(i64::MAX),
        context.limits.by_hand,
    );
    if used > limit && used > 1 {
        return Err(Error::TooManyInvitations { used, limit });
    }
    let (mut unknown, mut inactive) = (Vec::new(), Vec::new());
    for wanted in &command.wanted {
        for (place, id) in wanted.groups.iter().enumerate() {
            let path = format!("{}groups[{place}]", wanted.path);
            match context.groups.get(id) {
                Some(group) if group.is_active => {}
                Some(_) => inactive.push(Field {
                    path,
                    problem: "is not active",
                }),
                None => unknown.push(Field {
                    path,
                    problem: "is not a group of this organization",
                }),
            }
        }
        if wanted
            .location
            .is_some_and(|id| !context.locations.contains_key(&id))
        {
            let path = format!("{}location", wanted.path);
            unknown.push(Field {
                path,
                problem: "is not a location of this organization",
            });
        }
    }
    match (unknown.is_empty(), inactive.is_empty()) {
        (false, _) => Err(Error::GroupUnknown(unknown)),
        (true, false) => Err(Error::GroupInactive(inactive)),
        (true, true) => Ok(()),
    }
}

fn draft(command: &Create, wanted: &Wanted, id: InvitationId, now: OffsetDateTime) -> Invitation {
    let send_time = wanted.send_time.filter(|at| *at > now);
    let due = send_time.unwrap_or(now);
    let mut groups = wanted.groups.clone();
    groups.sort();
    groups.dedup();
    Invitation {
        organization: command.organization,
        id,
        version: 1,
        state: State::Prospect,
        address: wanted.address.clone(),
        groups,
        location: wanted.location,
        source: Source::Manual,
        inviter: command.inviter,
        import: None,
        generation: 1,
        delivery: if send_time.is_some() {
            DeliveryState::Scheduled
        } else {
            DeliveryState::Queued
        },
        delivery_detail: String::new(),
        create_time: now,
        send_time: due,
        expire_time: due + LIFE,
        traceparent: None,
    }
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
    let (mut invited, mut active) = (Vec::with_capacity(drafts.len()), Vec::new());
    for (place, draft) in drafts {
        match invite(tx, draft).await? {
            Invited::New(invitation) => invited.push((place, invitation, true)),
            Invited::Live(invitation) => invited.push((place, invitation, false)),
            Invited::AlreadyActive => active.push(place),
        }
    }
    if !active.is_empty() {
        active.sort_unstable();
        let field = |place: usize| {
            command
                .wanted
                .get(place)
                .map(|wanted| format!("{}address", wanted.path))
        };
        let problem = "belongs to an active learner";
        let fields = active
            .into_iter()
            .filter_map(field)
            .map(|path| Field { path, problem });
        return Err(Error::LearnerAlreadyActive(fields.collect()));
    }
    invited.sort_by_key(|(place, ..)| *place);
    Ok(invited
        .into_iter()
        .map(|(_, invitation, is_new)| (invitation, is_new))
        .collect())
}

/// Counts the mail against the plan, and asks for it unless it is scheduled.
async fn ask_for_mail(
    tx: &mut PgConnection,
    clock: &muster_clock::Clock,
    act: &Act,
    invitation: &Invitation,
    limit: i64,
) -> Result<(), Error> {
    let spread = invitation.id.as_uuid();
    let used = messages::add(tx, invitation.organization, invitation.send_time, 1, spread).await?;
    if used >= limit {
        return Err(Error::MessagesUsedUp { used, limit });
    }
    if invitation.delivery == DeliveryState::Queued {
        events::mail_requested(tx, clock, act, invitation).await?;
    }
    Ok(())
}
