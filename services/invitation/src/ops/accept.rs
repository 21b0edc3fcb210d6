//! Accepting: one transaction here; employment, groups and trainings follow by event.

use muster_clock::Clock;
use muster_database::idempotency::{self, Key};
use muster_identity::PersonCaller;
use muster_ids::{GroupId, OrganizationName};
use muster_proto::invitation::v1::AcceptInvitationResponse;
use muster_server::convert::timestamp;
use muster_telemetry::propagation;
use sqlx::PgConnection;
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
    let Accept { person, key, .. } = command;
    let acceptance = Acceptance {
        person: person.id,
        display_name: person.name.clone().unwrap_or_default(),
        time: now,
    };
    let named = named(parts, link).await?;
    let context = parts.organization.context_of(link.organization, &named).await;
    let clock = parts.clock.clone();
    let click = Span::current();
    idempotency::run(&parts.database, key, now, move |tx| {
        Box::pin(async move {
            let accepting = Accepting {
                clock,
                link,
                acceptance,
                named,
                // Not before: a repeated request gets its answer, whatever has become of the organization.
                context: context?,
            };
            let invitation = open(tx, link, now).await?;
            if let Some(traceparent) = &invitation.traceparent {
                click.in_scope(|| propagation::link_to(traceparent));
            }
            if person.emails.is_empty() {
                return Err(Error::AddressUnknown);
            }
            if !person.emails.contains(&invitation.address) {
                return Err(Error::AddressMismatch);
            }
            let accepted = match accepting.may(&invitation)? {
                May::Already(earlier) => earlier,
                May::Now => accepting.take(tx).await?,
            };
            Ok(accepting.response(&accepted))
        })
    })
    .await
}

/// The groups to ask about; none when the link leads nowhere, which is told later: a repeated request gets its answer
/// first.
async fn named(parts: &Parts, link: Link) -> Result<Named, Error> {
    let reading = parts
        .database
        .read_boxed(move |c| Box::pin(invitations::find(c, link.organization, link.invitation)));
    let found = reading.await?;
    Ok(found.map_or_else(Named::default, |invitation| Named::groups(&invitation.groups)))
}

/// An acceptance under way.
struct Accepting {
    clock: Clock,
    link: Link,
    acceptance: Acceptance,
    /// What the organization was asked about.
    named: Named,
    /// What it said.
    context: Context,
}

/// Whether there is anything left to do.
enum May {
    /// This very person accepted before.
    Already(Acceptance),
    Now,
}

impl Accepting {
    fn may(&self, invitation: &Invitation) -> Result<May, Error> {
        match invitation.standing(self.acceptance.time) {
            StateName::Active => match invitation.state.acceptance() {
                Some(earlier) if earlier.person == self.acceptance.person => {
                    return Ok(May::Already(earlier.clone()));
                }
                _ => return Err(Error::Closed),
            },
            StateName::Prospect | StateName::Pending => {}
            StateName::Expired => return Err(Error::Expired),
            StateName::Cancelled => return Err(Error::Cancelled),
            StateName::Declined | StateName::Archived => return Err(Error::Closed),
        }
        match &self.context.standing {
            Standing::Active => Ok(May::Now),
            other => Err(Error::OrganizationNotActive {
                state: other.word().to_owned(),
            }),
        }
    }

    /// The UPDATE decides: of calls that came this far together one gets the row, the others look again.
    async fn take(&self, tx: &mut PgConnection) -> Result<Acceptance, Error> {
        let Link {
            organization,
            invitation,
            generation,
        } = self.link;
        let taking = invitations::accept(tx, organization, invitation, generation, &self.acceptance);
        let Some(accepted) = taking.await? else {
            return self.lost(tx).await;
        };
        // From here on an error rolls the acceptance back: the invitation is untouched.
        let groups = self.groups(&accepted)?;
        let act = Act {
            actor: format!("person:{}", self.acceptance.person),
            time: self.acceptance.time,
        };
        events::accepted(tx, &self.clock, &act, &accepted, &self.acceptance, &groups).await?;
        Ok(self.acceptance.clone())
    }

    /// The groups to join. Looked at after the row was had: one may have been merged into it up to that moment.
    fn groups(&self, accepted: &Invitation) -> Result<Vec<GroupId>, Error> {
        if accepted
            .groups
            .iter()
            .any(|group| !self.named.groups.contains(group))
        {
            // The organization was not asked about all of them; the next try asks.
            return Err(Error::Contended);
        }
        let groups = self.context.active_among(&accepted.groups);
        if groups.is_empty() {
            let problem = "none of the groups of the invitation is active";
            return Err(Error::GroupInactive(vec![Field {
                path: "token".to_owned(),
                problem,
            }]));
        }
        Ok(groups)
    }

    /// Somebody was faster: what they did decides the answer.
    async fn lost(&self, tx: &mut PgConnection) -> Result<Acceptance, Error> {
        let invitation = open(tx, self.link, self.acceptance.time).await?;
        match self.may(&invitation)? {
            May::Already(earlier) => Ok(earlier),
            May::Now => Err(Error::Contended),
        }
    }

    fn response(&self, accepted: &Acceptance) -> AcceptInvitationResponse {
        let organization = self.link.organization;
        AcceptInvitationResponse {
            organization: OrganizationName { organization }.to_string(),
            organization_display_name: self.context.display_name.clone(),
            accept_time: Some(timestamp(accepted.time)),
        }
    }
}
