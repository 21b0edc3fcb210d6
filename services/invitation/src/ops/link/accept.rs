//! Accepting: one transaction here; employment, groups and trainings follow by event.

use muster_identity::PersonCaller;
use muster_ids::{GroupId, LocationId, OrganizationId};
use muster_server::Failure;
use muster_states::Transition;
use muster_telemetry::propagation;
use sqlx::PgConnection;
use time::OffsetDateTime;
use tracing::Span;

use super::open::{Opener, open_for_update};
use crate::context::Context;
use crate::domain::invitation::{Acceptance, Invitation, Source};
use crate::domain::inviting::InvitingContext;
use crate::domain::join_request::JoinPage;
use crate::error::{Error, Field};
use crate::events::{self, Act, Joined};
use crate::organization::{ContextQuery, PageQuery};
use crate::store::invitation::{find, update};

/// An invitation that is accepted.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) organization: OrganizationId,
    pub(crate) organization_display_name: String,
    /// Since when.
    pub(crate) time: OffsetDateTime,
}

/// Asks the organization about the groups and the location of the invitation, and about its page if it came by that; about none when
/// there is no such invitation, which is told later.
///
/// # Errors
/// Of a peer; the database's.
pub(crate) async fn prepare(
    context: &Context,
    opener: Opener,
    person: &PersonCaller,
) -> Result<Accepting, Error> {
    let name = opener.invitation();
    let finding = async |c: &mut PgConnection| find(c, name.organization, name.invitation).await;
    let found = context.database.read(finding).await?;
    let query = found
        .as_ref()
        .map_or_else(ContextQuery::default, |invitation| ContextQuery {
            groups: invitation.groups.iter().copied().collect(),
            locations: invitation.location.into_iter().collect(),
        });
    let inviting = context.organization.context_of(name.organization, &query).await?;
    let page = match found {
        Some(invitation) if invitation.source == Source::JoinPage => open_page(context, &invitation).await?,
        _ => None,
    };
    Ok(Accepting {
        click: Span::current(),
        opener,
        person: person.clone(),
        time: context.clock.now(),
        query,
        inviting,
        page,
    })
}

/// The page by which somebody asked to join; `None` if it was closed since: whoever confirmed their address before that is
/// invited.
async fn open_page(context: &Context, invitation: &Invitation) -> Result<Option<JoinPage>, Error> {
    let query = PageQuery::Organization(invitation.organization);
    match context.organization.join_page(&query).await {
        Err(Error::Failure(Failure::NotFound)) => Ok(None),
        page => page.map(Some),
    }
}

/// Accepts an invitation as the signed-in person.
///
/// # Errors
/// What `AcceptInvitation` and `AcceptPersonInvitation` refuse.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    accepting: Accepting,
) -> Result<Accepted, Error> {
    accepting.apply(tx, context).await
}

/// An acceptance under way.
pub(crate) struct Accepting {
    /// The span of the call.
    click: Span,
    opener: Opener,
    person: PersonCaller,
    time: OffsetDateTime,
    /// What the organization was asked about.
    query: ContextQuery,
    /// What it said.
    inviting: InvitingContext,
    /// Its page, if the invitation came by that and it is open.
    page: Option<JoinPage>,
}

impl Accepting {
    async fn apply(&self, tx: &mut PgConnection, context: &Context) -> Result<Accepted, Error> {
        let invitation = open_for_update(tx, &self.opener, self.time).await?;
        if let Some(traceparent) = &invitation.traceparent {
            // By name, not by entering it: inside a unit of work that is the current span, whatever is entered again.
            propagation::link(&self.click, &propagation::context_of(traceparent));
        }
        self.require_address(&invitation)?;
        let accepted = match invitation.accept(self.acceptance()) {
            Transition::Changed(accepted) => self.store(tx, context, accepted).await?,
            Transition::AlreadyDone(earlier) => earlier,
            Transition::Refused(why) => return Err(why.into()),
        };
        let acceptance = accepted.state.acceptance().ok_or(Error::Closed)?;
        Ok(Accepted {
            organization: accepted.organization,
            organization_display_name: self.inviting.display_name.clone(),
            time: acceptance.time,
        })
    }

    /// The person holds a verified address equal to the invited one.
    fn require_address(&self, invitation: &Invitation) -> Result<(), Error> {
        if self.person.emails.is_empty() {
            Err(Error::AddressUnknown)
        } else if self.person.emails.contains(&invitation.address) {
            Ok(())
        } else {
            Err(Error::AddressMismatch)
        }
    }

    /// The page still lets the address join: whom the organization lets in may have changed since it was confirmed.
    fn require_admitted(&self, invitation: &Invitation) -> Result<(), Error> {
        match &self.page {
            Some(page) if !page.admits(&invitation.address) => {
                Err(Error::AddressNotAllowed(page.allowed_domains.clone()))
            }
            _ => Ok(()),
        }
    }

    fn acceptance(&self) -> Acceptance {
        Acceptance {
            person: self.person.id,
            display_name: self.person.name.clone().unwrap_or_default(),
            time: self.time,
        }
    }

    async fn store(
        &self,
        tx: &mut PgConnection,
        context: &Context,
        mut accepted: Invitation,
    ) -> Result<Invitation, Error> {
        self.inviting.require_active()?;
        self.require_admitted(&accepted)?;
        let (groups, location) = (self.groups(&accepted)?, self.location(&accepted)?);
        if !update(tx, &mut accepted).await? {
            return Err(Failure::Contended.into());
        }
        let act = Act {
            actor: format!("person:{}", self.person.id),
            time: self.time,
        };
        let joined = Joined {
            groups: &groups,
            location,
        };
        events::accepted(tx, &context.clock, &act, &accepted, &self.acceptance(), joined).await?;
        Ok(accepted)
    }

    /// The place of work, if people are still placed there: like a group that is not active any more, another one is not joined.
    fn location(&self, accepted: &Invitation) -> Result<Option<LocationId>, Error> {
        match accepted.location {
            // The next try asks about it.
            Some(location) if !self.query.locations.contains(&location) => Err(Failure::Contended.into()),
            location => Ok(self.inviting.active_location(location)),
        }
    }

    /// The groups to join. Looked at after the row was had: one may have been merged into it up to that moment.
    fn groups(&self, accepted: &Invitation) -> Result<Vec<GroupId>, Error> {
        if accepted
            .groups
            .iter()
            .any(|group| !self.query.groups.contains(group))
        {
            // The organization was not asked about all of them; the next try asks.
            return Err(Failure::Contended.into());
        }
        let groups = self.inviting.active_among(&accepted.groups);
        if groups.is_empty() {
            let problem = "none of the groups of the invitation is active";
            return Err(Error::GroupInactive(vec![Field {
                path: self.opener.field().to_owned(),
                problem,
            }]));
        }
        Ok(groups)
    }
}
