//! The same act on many invitations: from and to messages.

use std::collections::HashMap;

use muster_ids::{InvitationId, OrganizationName};
use muster_proto::RequestMessage;
use muster_proto::invitation::v1 as pb;
use muster_refusal::{Refusal, Violations};
use muster_server::names::all_named;
use muster_server::{Call, Parsed};
use tonic::Status;

use super::parse::Narrowed;
use crate::ops::invitation::batch::{Batch, BatchRequest, Outcome, Outcomes, Which};

/// A request that means many invitations.
pub(super) trait Meant {
    fn names(&self) -> &Vec<String>;
    fn filter(&self) -> Option<&pb::InvitationFilter>;
    fn expected_count(&self) -> i32;
    fn filter_etag(&self) -> &str;
}

macro_rules! meant {
    ($($request:ty),+) => {
        $(impl Meant for $request {
            fn names(&self) -> &Vec<String> {
                &self.names
            }

            fn filter(&self) -> Option<&pb::InvitationFilter> {
                self.filter.as_ref()
            }

            fn expected_count(&self) -> i32 {
                self.expected_count
            }

            fn filter_etag(&self) -> &str {
                &self.filter_etag
            }
        })+
    };
}
meant!(
    pb::BatchCancelInvitationsRequest,
    pb::BatchResendInvitationsRequest
);

/// The invitations that a request means: by their names, or by a filter.
pub(super) fn asked<M: RequestMessage + Meant>(
    call: &Call<M>,
    violations: &mut Violations,
) -> Parsed<BatchRequest> {
    let parent = call.name::<OrganizationName>(violations);
    let (message, actor) = (&call.message, call.actor());
    let which = match message.filter() {
        Some(filter) => listed(filter, message, violations),
        None => {
            if message.names().is_empty() {
                violations.add(
                    "names",
                    "must name 1 to 1,000 invitations, unless a filter says which",
                );
            }
            if message.expected_count() != 0 {
                violations.add("expected_count", "must be 0 unless a filter says which are meant");
            }
            if !message.filter_etag().is_empty() {
                violations.add(
                    "filter_etag",
                    "must be empty unless a filter says which are meant",
                );
            }
            all_named(violations, "names", message.names()).map(Which::Named)
        }
    };
    Ok(parent.zip(which).map(|(parent, which)| BatchRequest {
        organization: parent.organization,
        which,
        actor,
    }))
}

fn listed(filter: &pb::InvitationFilter, message: &impl Meant, violations: &mut Violations) -> Option<Which> {
    if !message.names().is_empty() {
        violations.add("names", "must be empty where a filter says which are meant");
    }
    let count = usize::try_from(message.expected_count())
        .ok()
        .filter(|count| *count > 0);
    if count.is_none() {
        violations.add("expected_count", "must say how many the filter lists: 1 to 1,000");
    }
    let etag = message.filter_etag();
    if etag.is_empty() {
        violations.add(
            "filter_etag",
            "must be what ListInvitations told of what the filter lists",
        );
    }
    let narrowed = Narrowed {
        path: "filter.",
        states: &filter.states,
        delivery_states: &filter.delivery_states,
        import: &filter.import,
        group: &filter.group,
        location: &filter.location,
        inviter: &filter.inviter,
        address_contains: &filter.address_contains,
        text: &filter.text,
    };
    let filter = narrowed.filter(violations);
    let etag = etag.to_owned();
    filter
        .zip(count)
        .map(|(filter, count)| Which::Listed { filter, count, etag })
}

/// One outcome for each name, in the order of the names. What is another organization's is there no more than what does
/// not exist.
pub(super) fn in_order(batch: &Batch, outcomes: Outcomes) -> Vec<pb::InvitationOutcome> {
    let each = outcomes.into_iter();
    let found: HashMap<InvitationId, pb::InvitationOutcome> =
        each.map(|(id, outcome)| (id, outcome.into())).collect();
    let names = batch.names.iter().map(|name| {
        let own = found.get(&name.invitation);
        let own = own.filter(|_| name.organization == batch.organization);
        own.cloned().unwrap_or_else(|| {
            let name = name.to_string();
            let unknown = pb::InvitationOutcome {
                name,
                ..Default::default()
            };
            refused(unknown, Refusal::not_found())
        })
    });
    names.collect()
}

impl From<Outcome> for pb::InvitationOutcome {
    fn from(outcome: Outcome) -> Self {
        let invitation = pb::Invitation::from(outcome.invitation);
        let done = Self {
            name: invitation.name,
            state: invitation.state,
            delivery_state: invitation.delivery_state,
            etag: invitation.etag,
            ..Self::default()
        };
        match outcome.refused {
            Some(why) => refused(done, why.into()),
            None => done,
        }
    }
}

fn refused(outcome: pb::InvitationOutcome, why: Refusal) -> pb::InvitationOutcome {
    pb::InvitationOutcome {
        refusal_reason: why.reason().into(),
        refusal: Status::from(why).message().to_owned(),
        ..outcome
    }
}
