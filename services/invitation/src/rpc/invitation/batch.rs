//! The same act on many invitations: from and to messages.

use std::collections::HashMap;

use muster_ids::{InvitationId, OrganizationName};
use muster_proto::RequestMessage;
use muster_proto::invitation::v1 as pb;
use muster_refusal::{Refusal, Violations};
use muster_server::names::all_named;
use muster_server::{Call, Parsed};
use tonic::Status;

use crate::ops::invitation::batch::{Batch, Outcome, Outcomes};

/// The invitations that a request names.
pub(super) fn batch<M: RequestMessage>(
    call: &Call<M>,
    violations: &mut Violations,
    names: impl FnOnce(&M) -> &Vec<String>,
) -> Parsed<Batch> {
    let parent = call.name::<OrganizationName>(violations);
    let names = all_named(violations, "names", names(&call.message));
    Ok(parent.zip(names).map(|(parent, names)| Batch {
        organization: parent.organization,
        names,
        actor: call.actor(),
    }))
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
