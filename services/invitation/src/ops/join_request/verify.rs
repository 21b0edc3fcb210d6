//! Whoever asked to join confirms their address: the invitation is there now.

use muster_ids::JoinRequestName;
use muster_server::Failure;
use muster_states::Transition;
use muster_telemetry::propagation;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::invitation::draft::Draft;
use crate::domain::invitation::{DeliveryState, Invitation, Source};
use crate::domain::inviting::InvitingContext;
use crate::domain::join_request::{JoinPage, JoinRequest};
use crate::domain::link::NotALink;
use crate::domain::opt_out::{Lift, LiftedBy};
use crate::error::{Error, Field};
use crate::ops::invitation::invite::{Invited, invite};
use crate::organization::{ContextQuery, PageQuery};
use crate::store::invitation::update;
use crate::store::{closing, join_request, opt_out};

/// Which request is confirmed, and what the organization says of its page now.
#[derive(Debug)]
pub(crate) struct Prepared {
    name: JoinRequestName,
    page: JoinPage,
    pub(crate) organization_display_name: String,
}

/// Finds the request that the token stands for. What the organization changed since is looked at again: page, group, location
/// and the list of domains.
///
/// # Errors
/// What `VerifyJoinRequest` refuses, but for what closed or ran out in this moment.
pub(crate) async fn prepare(context: &Context, token: &str) -> Result<Prepared, Error> {
    let name = context.links.keys.verify_join(token)?;
    let finding =
        async |c: &mut PgConnection| join_request::find(c, name.organization, name.join_request).await;
    let request = context.database.read(finding).await?.ok_or(NotALink)?;
    let (page, inviting) = look_again(context, &request).await?;
    Ok(Prepared {
        name,
        page,
        organization_display_name: inviting.display_name,
    })
}

async fn look_again(context: &Context, request: &JoinRequest) -> Result<(JoinPage, InvitingContext), Error> {
    let query = PageQuery::Organization(request.organization);
    let page = match context.organization.join_page(&query).await {
        Err(Error::Failure(Failure::NotFound)) => return Err(Error::JoinPageClosed),
        page => page?,
    };
    let query = ContextQuery {
        groups: [request.group].into(),
        locations: [request.location].into(),
    };
    let inviting = context
        .organization
        .context_of(request.organization, &query)
        .await?;
    if inviting.active_among(&[request.group]).is_empty() {
        return Err(Error::GroupInactive(vec![Field {
            path: "token".to_owned(),
            problem: "stands for a group that takes no learners any more",
        }]));
    }
    if inviting.active_location(Some(request.location)).is_none() {
        return Err(Error::LocationInactive(vec![Field {
            path: "token".to_owned(),
            problem: "stands for a location that takes nobody any more",
        }]));
    }
    if !page.admits(&request.address) {
        return Err(Error::AddressNotAllowed(page.allowed_domains));
    }
    Ok((page, inviting))
}

/// Confirms the address: the invitation is there now.
///
/// # Errors
/// The page was closed, or the request ran out.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    prepared: &Prepared,
) -> Result<(), Error> {
    let Prepared { name, page, .. } = prepared;
    let now = context.clock.now();
    // Closed since it was asked: what is made now, the closing would not see.
    if closing::is_closed(tx, name.organization).await? {
        return Err(Error::JoinPageClosed);
    }
    let locked = join_request::lock(tx, name.organization, name.join_request).await?;
    let request = match locked.ok_or(NotALink)?.verify(now) {
        Transition::Changed(request) => request,
        Transition::AlreadyDone(_) => return Ok(()),
        Transition::Refused(_) => return Err(Error::JoinRequestExpired),
    };
    join_request::update(tx, &request).await?;
    // Whoever asks to join wants to be invited.
    let lift = Lift {
        by: LiftedBy::JoinPage,
        person: None,
        time: now,
    };
    opt_out::lift(tx, request.organization, request.address.canonical(), lift).await?;
    let draft = Draft {
        organization: request.organization,
        id: context.clock.new_id(),
        address: request.address,
        language: request.language,
        groups: vec![request.group],
        location: Some(request.location),
        source: Source::JoinPage,
        inviter: page.enabled_by,
        import: None,
        now,
        due: now,
        traceparent: propagation::current_traceparent(),
    };
    let confirmed = draft.invitation().confirmed(now);
    match invite(tx, confirmed.clone()).await? {
        Invited::New(made) if made.delivery == DeliveryState::Suppressed => {
            // An earlier one was declined for ever at this very moment: who confirms wants to be invited, as if they had declined
            // before that.
            opt_out::lift(tx, made.organization, made.address.canonical(), lift).await?;
            store(tx, confirmed).await
        }
        Invited::Live(live) if live.is_hidden(now) => store(tx, live.confirmed(now)).await,
        // Of an active learner nothing changes.
        Invited::New(_) | Invited::Live(_) | Invited::AlreadyActive | Invited::TooManyGroups => Ok(()),
    }
}

/// It is to be seen in the account now.
async fn store(tx: &mut PgConnection, mut confirmed: Invitation) -> Result<(), Error> {
    if update(tx, &mut confirmed).await? {
        Ok(())
    } else {
        Err(Failure::Contended.into())
    }
}
