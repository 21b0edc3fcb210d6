//! What the holder of a link is told.

use std::net::{IpAddr, Ipv4Addr};

use futures::future::join_all;
use muster_proto::invitation::v1::{AcceptInvitationRequest, LookupInvitationRequest};
use muster_refusal::{ErrorReason as R, reason_of};
use muster_testkit::eventually;
use prost::Message;

use super::attempt::Attempt;
use super::stage::{Invited, Stage};
use super::{Row, row};
use crate::support::RawCall;

const LOOKUP: &str = "/muster.invitation.v1.InvitationRedemptionService/LookupInvitation";
const ACCEPT: &str = "/muster.invitation.v1.InvitationRedemptionService/AcceptInvitation";
/// Nobody else calls from there.
const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 99));

/// What became of the invitation, as its service will write it down once there are verbs for it.
const REPLACED: &str = "generation = generation + 1";
const CANCELLED: &str = "state = 'CANCELLED'";
const DECLINED: &str = "state = 'DECLINED'";
const TOO_LATE: &str = "create_time = create_time - interval '40 days', send_time = send_time - interval '40 days', \
                        expire_time = now() - interval '1 second'";
const NOT_YET: &str = "delivery_state = 'SCHEDULED', send_time = now() + interval '1 hour'";

pub(super) fn rows() -> Vec<Row> {
    let mut rows = looked_up();
    rows.extend(accepted());
    rows
}

fn lookup(token: String) -> Attempt {
    Attempt::by_nobody(&LookupInvitationRequest { token })
}

fn accept(invited: Invited) -> Attempt {
    let request = AcceptInvitationRequest {
        token: invited.token,
        request_id: String::new(),
    };
    Attempt::by(&invited.address, &request)
}

/// An invitation after a change.
async fn after(at: &Stage, change: &str) -> Invited {
    let invited = at.invited().await;
    let statement = format!(
        "UPDATE invitations SET {change} WHERE invitation_id = '{}'",
        invited.id
    );
    at.database("invitation").await.change(&statement).await;
    invited
}

/// Calls until no more calls are allowed from there: one more is, half a second later at the soonest.
async fn use_up(at: &Stage, call: RawCall) {
    let channel = at.suite.edge_from(ELSEWHERE);
    eventually(async || {
        let calls = (0..50).map(|_| call.send(channel.clone()));
        let answers = join_all(calls).await;
        let mut refusals = answers.iter().filter_map(|answer| answer.as_ref().err());
        refusals.any(|status| reason_of(status) == Some(R::RateLimited))
    })
    .await;
}

fn looked_up() -> Vec<Row> {
    vec![
        row("LookupInvitation", R::LinkInvalid, async |_| {
            lookup("AAAA".into())
        }),
        row("LookupInvitation", R::LinkReplaced, async |at| {
            lookup(after(&at, REPLACED).await.token)
        }),
        row("LookupInvitation", R::InvitationCancelled, async |at| {
            lookup(after(&at, CANCELLED).await.token)
        }),
        row("LookupInvitation", R::InvitationNotSent, async |at| {
            lookup(after(&at, NOT_YET).await.token)
        }),
        row("LookupInvitation", R::RateLimited, async |at| {
            let request = LookupInvitationRequest { token: "AAAA".into() };
            use_up(&at, RawCall::new(LOOKUP, request.encode_to_vec())).await;
            Attempt::by_nobody(&request).from(ELSEWHERE)
        }),
    ]
}

fn accepted() -> Vec<Row> {
    vec![
        row("AcceptInvitation", R::LinkInvalid, async |at| {
            accept(Invited {
                id: String::new(),
                address: at.address(),
                token: "AAAA".into(),
            })
        }),
        row("AcceptInvitation", R::LinkReplaced, async |at| {
            accept(after(&at, REPLACED).await)
        }),
        row("AcceptInvitation", R::AddressMismatch, async |at| {
            accept(Invited {
                address: at.address(),
                ..at.invited().await
            })
        }),
        row("AcceptInvitation", R::InvitationExpired, async |at| {
            accept(after(&at, TOO_LATE).await)
        }),
        row("AcceptInvitation", R::InvitationCancelled, async |at| {
            accept(after(&at, CANCELLED).await)
        }),
        row("AcceptInvitation", R::InvitationClosed, async |at| {
            accept(after(&at, DECLINED).await)
        }),
        row("AcceptInvitation", R::InvitationNotSent, async |at| {
            accept(after(&at, NOT_YET).await)
        }),
        row("AcceptInvitation", R::GroupInactive, async |at| {
            let at = at.own().await;
            let invited = at.invited().await;
            at.deactivates(&at.organization.group).await;
            accept(invited)
        }),
        row("AcceptInvitation", R::OrganizationNotActive, async |at| {
            let at = at.own().await;
            let invited = at.invited().await;
            at.becomes("SUSPENDED").await;
            accept(invited).metadata("state", "SUSPENDED")
        }),
        row("AcceptInvitation", R::RateLimited, async |at| {
            let request = AcceptInvitationRequest {
                token: "AAAA".into(),
                request_id: String::new(),
            };
            let call = RawCall::new(ACCEPT, request.encode_to_vec()).bearer(&at.suite.token("owner"));
            use_up(&at, call).await;
            Attempt::by("owner", &request).from(ELSEWHERE)
        }),
        row("AcceptInvitation", R::RequestIdReused, async |at| {
            let (first, second) = (at.invited().await, at.invited().await);
            let request_id = at.suite.request_id();
            let request = |token: String| AcceptInvitationRequest {
                token,
                request_id: request_id.clone(),
            };
            let who = first.address;
            at.reused(
                "AcceptInvitation",
                &who,
                &request(first.token),
                &request(second.token),
            )
            .await
        }),
    ]
}
