//! From the domain to messages, exhaustively.

use muster_ids::{LearnerGrantName, OrganizationName, PersonName};
use muster_proto::records::v1 as pb;
use muster_server::convert::timestamp;
use time::OffsetDateTime;

use crate::domain::{Grant, GrantSource, GrantStateName};

muster_proto::same_values! {
    GrantStateName = pb::GrantState { Requested, Active, Revoked, Lapsed, Expired, Denied }
}

/// As the person names it.
pub(super) fn for_person(grant: Grant, now: OffsetDateTime) -> pb::Grant {
    named(grant.name().to_string(), grant, now)
}

/// As the organization names it.
pub(super) fn for_organization(grant: Grant, now: OffsetDateTime) -> pb::Grant {
    let name = LearnerGrantName {
        organization: grant.organization,
        person: grant.person,
        grant: grant.id,
    };
    named(name.to_string(), grant, now)
}

fn named(name: String, grant: Grant, now: OffsetDateTime) -> pb::Grant {
    let state = grant.state_at(now);
    let Grant {
        person: _,
        id: _,
        organization,
        state: _,
        version: _,
        create_time,
        expire_time,
        decide_time,
        wish,
        employment: _,
        wording,
        source,
    } = grant;
    let (requester, requester_display_name, request_message) = match wish {
        Some(wish) => (
            PersonName {
                person: wish.requester,
            }
            .to_string(),
            wish.requester_display_name,
            wish.message,
        ),
        None => Default::default(),
    };
    pb::Grant {
        name,
        organization: OrganizationName { organization }.to_string(),
        state: pb::GrantState::from(state.name()).into(),
        create_time: Some(timestamp(create_time)),
        revoke_time: state.revoke_time().map(timestamp),
        expire_time: expire_time.map(timestamp),
        decide_time: decide_time.map(timestamp),
        requester,
        requester_display_name,
        request_message,
        wording,
        is_of_claim: source == Some(GrantSource::Claim),
    }
}
