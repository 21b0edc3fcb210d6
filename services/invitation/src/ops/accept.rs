//! Accepting: one transaction here; employment, groups and trainings follow by event.

use muster_database::idempotency::{self, Key};
use muster_identity::PersonCaller;
use muster_ids::{OrganizationId, OrganizationName};
use muster_proto::invitation::v1::AcceptInvitationResponse;
use muster_server::convert::timestamp;
use muster_telemetry::propagation;
use sqlx::PgConnection;
use time::OffsetDateTime;
use tracing::Span;

use super::open::open;
use crate::domain::context::{Context, Standing};
use crate::domain::invitation::{Acceptance, Invitation, StateName};
use crate::domain::link::Link;
use crate::error::{Error, Field};
use crate::events::{self, Act};
use crate::organization::Named;
use crate::parts::Parts;
use crate::store::invitations;

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Accept {
    pub(crate) token: String,
    pub(crate) person: PersonCaller,
    pub(crate) key: Key,
}

/// Accepts the invitation of a link as the signed-in person.
///
/// # Errors
/// What `AcceptInvitation` refuses.
pub(crate) async fn accept(parts: &Parts, command: Accept) -> Result<AcceptInvitationResponse, Error> {
    let link = parts.links.keys.verify(&command.token)?;
    let now = parts.clock.now();
    let acceptance = Acceptance {
        person: command.person.id,
        display_name: command.person.name.clone().unwrap_or_default(),
        time: now,
    };
    let named = named(parts, link).await?;
    let context = parts.organization.context_of(link.organization, &named).await;
    let clock = parts.clock.clone();
    let accepting = Span::current();
    idempotency::run(&parts.database, command.key, now, move |tx| {
        Box::pin(async move {
            // Not before: a repeated request gets its answer, whatever has become of the organization.
            let context = context?;
            let invitation = open(tx, link, now).await?;
            if let Some(traceparent) = &invitation.traceparent {
                accepting.in_scope(|| propagation::link_to(traceparent));
            }
            if !command.person.emails.contains(&invitation.address) {
                return Err(Error::AddressMismatch);
            }
            if invitation
                .groups
                .iter()
                .any(|group| !named.groups.contains(group))
            {
                // Merged into it since the organization was asked: the next try asks about them too.
                return Err(Error::Contended);
            }
            let accepted = match may_accept(&invitation, &acceptance, &context, now)? {
                May::Already(accepted) => accepted,
                May::Now => take(tx, &clock, link, &acceptance, &context).await?,
            };
            Ok(response(link.organization, &context, &accepted))
        })
    })
    .await
}

/// The groups to ask about; none when the link leads nowhere, which is told later: a repeated request gets its answer
/// first.
async fn named(parts: &Parts, link: Link) -> Result<Named, Error> {
    let reading = parts
        .database
        .read(move |c| Box::pin(invitations::find(c, link.organization, link.invitation)));
    let found = reading.await?;
    Ok(found.map_or_else(Named::default, |invitation| Named::groups(&invitation.groups)))
}

/// Whether there is anything left to do.
enum May {
    /// This very person accepted before.
    Already(Acceptance),
    Now,
}

fn may_accept(
    invitation: &Invitation,
    acceptance: &Acceptance,
    context: &Context,
    now: OffsetDateTime,
) -> Result<May, Error> {
    match invitation.standing(now) {
        StateName::Active => match invitation.state.acceptance() {
            Some(earlier) if earlier.person == acceptance.person => return Ok(May::Already(earlier.clone())),
            _ => return Err(Error::Closed),
        },
        StateName::Prospect | StateName::Pending => {}
        StateName::Expired => return Err(Error::Expired),
        StateName::Cancelled => return Err(Error::Cancelled),
        StateName::Declined | StateName::Archived => return Err(Error::Closed),
    }
    if context.standing != Standing::Active {
        return Err(Error::OrganizationNotActive {
            state: context.standing.word().to_owned(),
        });
    }
    Ok(May::Now)
}

/// The UPDATE decides: of calls that came this far together one gets the row, the others look again.
async fn take(
    tx: &mut PgConnection,
    clock: &muster_clock::Clock,
    link: Link,
    acceptance: &Acceptance,
    context: &Context,
) -> Result<Acceptance, Error> {
    let Link {
        organization,
        invitation,
        generation,
    } = link;
    let Some(accepted) = invitations::accept(tx, organization, invitation, generation, acceptance).await?
    else {
        return lost(tx, link, acceptance, context).await;
    };
    let groups = context.active_among(&accepted.groups);
    if groups.is_empty() {
        // Rolls the acceptance back: the invitation is untouched.
        let problem = "none of the groups of the invitation is active";
        return Err(Error::GroupInactive(vec![Field {
            path: "token".to_owned(),
            problem,
        }]));
    }
    let act = Act {
        actor: format!("person:{}", acceptance.person),
        time: acceptance.time,
    };
    events::accepted(tx, clock, &act, &accepted, acceptance, &groups).await?;
    Ok(acceptance.clone())
}

/// Somebody was faster: what they did decides the answer.
async fn lost(
    tx: &mut PgConnection,
    link: Link,
    acceptance: &Acceptance,
    context: &Context,
) -> Result<Acceptance, Error> {
    let invitation = open(tx, link, acceptance.time).await?;
    match may_accept(&invitation, acceptance, context, acceptance.time)? {
        May::Already(earlier) => Ok(earlier),
        May::Now => Err(Error::Contended),
    }
}

fn response(
    organization: OrganizationId,
    context: &Context,
    acceptance: &Acceptance,
) -> AcceptInvitationResponse {
    AcceptInvitationResponse {
        organization: OrganizationName { organization }.to_string(),
        organization_display_name: context.display_name.clone(),
        accept_time: Some(timestamp(acceptance.time)),
    }
}
