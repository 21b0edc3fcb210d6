//! How many mails may go out, and how many do.

use muster_address::EmailAddress;
use muster_ids::{OrganizationId, PersonId};
use muster_proto::invitation::v1 as pb;
use muster_refusal::Violations;
use muster_server::convert::timestamp;
use muster_server::{Call, Parsed};
use time::OffsetDateTime;

use crate::context::Context;
use crate::domain::join_request::COUNTED_WITHIN;
use crate::error::Error;
use crate::ops::invitation::mailbox::Mailboxes;
use crate::organization::ContextQuery;
use crate::store::join_request;
use crate::store::quota::{self, Hour};

/// Whose limits are asked for.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    organization: OrganizationId,
    inviter: PersonId,
    /// Whose mailbox; `None`: nobody's.
    address: Option<EmailAddress>,
}

/// What a request asks for.
pub(super) fn asked(call: &Call<pb::GetRateLimitsRequest>, violations: &mut Violations) -> Parsed<Asked> {
    let (organization, inviter) = (call.organization()?, call.person()?.id);
    let given = call.message.address.as_str();
    let address = match given {
        "" => Some(None),
        given => violations
            .check("address", given.parse::<EmailAddress>())
            .map(Some),
    };
    Ok(address.map(|address| Asked {
        organization,
        inviter,
        address,
    }))
}

/// The limits at this moment, and what there is, as acts count it.
///
/// # Errors
/// What `GetRateLimits` refuses.
pub(super) async fn limits(context: &Context, asked: &Asked) -> Result<pb::GetRateLimitsResponse, Error> {
    let organization = asked.organization;
    let nothing = ContextQuery::default();
    let inviting = context.organization.context_of(organization, &nothing).await?;
    let now = context.clock.now();
    let looking = async |db: &mut _| {
        let messages = quota::in_day_by(db, organization, asked.inviter, Hour::of(now)).await?;
        let mailboxes = Mailboxes::look(db, context, organization, asked.address.iter(), now).await?;
        let requests = join_request::count(db, organization, now - COUNTED_WITHIN).await?;
        Ok::<_, Error>((messages, mailboxes, requests))
    };
    let (messages, mailboxes, requests) = context.database.read(looking).await?;
    let limits = context.limits;
    let of_inviter = limits.messages_of_inviter;
    Ok(pb::GetRateLimitsResponse {
        messages_per_day: Some(limit(messages.of_organization, inviting.limits.messages_per_day)),
        messages_of_an_inviter_per_day: of_inviter.map(|most| limit(messages.of_inviter, most)),
        mails_to_a_mailbox_per_day: Some(of_mailbox(
            &mailboxes,
            asked.address.as_ref(),
            limits.mails_to_mailbox,
            now,
        )),
        join_requests_per_day: Some(limit(requests, limits.join_requests_to_organization)),
    })
}

fn limit(used: i64, limit: i64) -> pb::RateLimit {
    pb::RateLimit {
        used,
        limit,
        next_time: None,
    }
}

/// What a mailbox may get; where it is full, from when on it may get one more.
fn of_mailbox(
    mailboxes: &Mailboxes,
    address: Option<&EmailAddress>,
    most: usize,
    now: OffsetDateTime,
) -> pb::RateLimit {
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let used = address.map_or(0, |address| mailboxes.used(address, now));
    let full = address.filter(|_| used >= most);
    pb::RateLimit {
        next_time: full.map(|address| timestamp(mailboxes.next(address, now))),
        ..limit(count(used), count(most))
    }
}
