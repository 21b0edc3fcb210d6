//! A stranger asks to join.
//!
//! Nothing here looks at who has the address: what is done, and how long it takes, is the same for everybody. What the
//! mail says is decided when it is sent. What is counted is mails to the mailbox, and no answer tells the number.

use muster_address::EmailAddress;
use muster_ids::{GroupName, LocationName};
use muster_language::Language;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::context::{Context, Limits};
use crate::domain::inviting::InvitingContext;
use crate::domain::join_request::{
    CONFIRM_WITHIN, COUNTED_WITHIN, JoinRequest, JoinRequestState, REPEATED_WITHIN, UNWANTED_WITHIN,
};
use crate::domain::mailbox::Mailbox;
use crate::error::{Error, Field};
use crate::events::{self, Act, SELF};
use crate::organization::{ContextQuery, PageQuery};
use crate::store::join_request::{count_to_organization, counts, insert, is_repeated, lock_mailbox};
use crate::store::{mailbox, opt_out};

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) slug: String,
    pub(crate) group: GroupName,
    pub(crate) location: LocationName,
    pub(crate) address: EmailAddress,
    /// In which they read the page; of the organization unless it is said.
    pub(crate) language: Option<Language>,
}

/// What is taken, and by what name the page told it.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) request: JoinRequest,
    pub(crate) organization_display_name: String,
}

/// Asks what the page offers, and whether this is of it.
///
/// # Errors
/// What `RequestToJoin` refuses, but for what is counted.
pub(crate) async fn prepare(context: &Context, command: &Ask) -> Result<Prepared, Error> {
    let page = context
        .organization
        .join_page(&PageQuery::Slug(&command.slug))
        .await?;
    let query = ContextQuery {
        groups: [command.group.group].into(),
        locations: [command.location.location].into(),
    };
    let inviting = context
        .organization
        .active_context_of(page.organization, &query)
        .await?;
    check(command, &page.organization, &inviting)?;
    if !page.admits(&command.address) {
        return Err(Error::AddressNotAllowed(page.allowed_domains));
    }
    let now = context.clock.now();
    let request = JoinRequest {
        organization: page.organization,
        id: context.clock.new_id(),
        state: JoinRequestState::Unverified,
        address: command.address.clone(),
        language: command.language.unwrap_or(inviting.language),
        group: command.group.group,
        location: command.location.location,
        create_time: now,
        expire_time: now + CONFIRM_WITHIN,
    };
    Ok(Prepared {
        request,
        organization_display_name: inviting.display_name,
    })
}

/// Takes the request, and asks for its mail unless the mailbox had as many today as it may, or the same was asked for a moment
/// ago.
///
/// # Errors
/// The organization's page has had its requests of a day.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    request: &JoinRequest,
) -> Result<(), Error> {
    let held_back = match take(tx, &context.limits, request).await? {
        Taken::Mailed => {
            let act = Act {
                actor: SELF.to_owned(),
                time: request.create_time,
            };
            events::join_mail_requested(tx, &context.clock, &act, request).await?;
            return Ok(());
        }
        Taken::Repeated => "repeated",
        Taken::MailboxFull => "mailbox_full",
        Taken::Unwanted => "unwanted",
    };
    metrics::counter!("muster_join_mails_held_back_total", "why" => held_back).increment(1);
    Ok(())
}

/// What becomes of a request. Nobody who asks is told which; operators are, of what is held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    /// Its mail goes out.
    Mailed,
    /// The same was asked for a moment ago.
    Repeated,
    /// The mailbox has had its mails of a day.
    MailboxFull,
    /// Who has the mailbox wants no invitation of the organization.
    Unwanted,
}

/// Stores it, and tells whether it is to be mailed. Of the same mailbox one request after the other, so that its limit holds
/// however many come at the same moment; the organization's, which only cuts floods, is met up to as many.
async fn take(tx: &mut PgConnection, limits: &Limits, request: &JoinRequest) -> Result<Taken, Error> {
    lock_mailbox(tx, &request.address).await?;
    if is_repeated(tx, request, request.create_time - REPEATED_WITHIN).await? {
        return Ok(Taken::Repeated);
    }
    let since = request.create_time - COUNTED_WITHIN;
    let (to_organization, to_mailbox) = counts(tx, request.organization, &request.address, since).await?;
    if to_organization >= limits.join_requests_to_organization {
        return Err(Error::PageUsedUp(COUNTED_WITHIN));
    }
    let is_spared = is_spared(tx, request).await?;
    insert(tx, request).await?;
    let by_invitations = invitation_mails(tx, request, since).await?;
    Ok(match is_spared {
        true => Taken::Unwanted,
        false if to_mailbox + by_invitations >= limits.join_mails_to_mailbox => Taken::MailboxFull,
        false => Taken::Mailed,
    })
}

/// Whether the mailbox wants no further invitation of the organization, and had a mail about a request to join not long ago. Only whether
/// one more leaves follows from that: the answer is the same, and so is the look.
async fn is_spared(tx: &mut PgConnection, request: &JoinRequest) -> Result<bool, Error> {
    let (organization, address) = (request.organization, &request.address);
    let since = request.create_time - UNWANTED_WITHIN;
    let asked = count_to_organization(tx, organization, address, since).await?;
    let is_unwanted = opt_out::exists(tx, organization, address.canonical()).await?;
    Ok(is_unwanted && asked > 0)
}

/// How many mails the organization's invitations have brought to the mailbox. Only whether one more leaves follows from that: the
/// answer is the same, and so is the look.
async fn invitation_mails(
    tx: &mut PgConnection,
    request: &JoinRequest,
    since: OffsetDateTime,
) -> Result<i64, Error> {
    let mailbox = Mailbox::of(&request.address);
    let of = [mailbox.clone()].into();
    let looked = mailbox::look(tx, request.organization, &of, request.create_time).await?;
    let count = looked
        .mailed
        .get(mailbox.as_str())
        .map(|mailed| mailed.between(since, request.create_time));
    Ok(count
        .and_then(|count| i64::try_from(count).ok())
        .unwrap_or_default())
}

/// Whether group and location are those of the page.
fn check(
    command: &Ask,
    organization: &muster_ids::OrganizationId,
    inviting: &InvitingContext,
) -> Result<(), Error> {
    let (group, location) = (&command.group, &command.location);
    let field = |path: &str, problem| Field {
        path: path.to_owned(),
        problem,
    };
    let found = inviting.groups.get(&group.group);
    let found = found.filter(|_| group.organization == *organization);
    let mut unknown = Vec::new();
    if found.is_none() {
        unknown.push(field("group", "is none of this page"));
    }
    if location.organization != *organization || !inviting.locations.contains_key(&location.location) {
        unknown.push(field("location", "is none of this page"));
    }
    let place = inviting.active_location(Some(location.location));
    match found {
        _ if !unknown.is_empty() => Err(Error::GroupUnknown(unknown)),
        Some(found) if !found.is_active => Err(Error::GroupInactive(vec![field(
            "group",
            "takes no learners any more",
        )])),
        _ if place.is_none() => Err(Error::LocationInactive(vec![field(
            "location",
            "takes nobody any more",
        )])),
        _ => Ok(()),
    }
}
