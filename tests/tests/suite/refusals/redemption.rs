//! What the holder of a link is told.

use std::net::{IpAddr, Ipv4Addr};

use muster_proto::invitation::v1::{
    AcceptInvitationRequest, AcceptPersonInvitationRequest, DeclineInvitationRequest,
    DeclinePersonInvitationRequest, LiftPersonOptOutRequest, ListPersonInvitationsRequest,
    ListPersonOptOutsRequest, LookupInvitationRequest, UndoDeclineRequest, UndoPersonDeclineRequest,
};
use muster_refusal::ErrorReason as R;

use super::attempt::Attempt;
use super::joining::open;
use super::stage::{Invited, Stage};
use super::{Row, row};

/// Nobody else calls from there.
const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 99));

/// What became of the invitation, as its service writes it down.
const REPLACED: &str = "generation = generation + 1";
const CANCELLED: &str = "state = 'CANCELLED'";
const DECLINED: &str = "state = 'DECLINED', state_before_decline = 'PENDING', decline_time = now()";
const LONG_DECLINED: &str = "state = 'DECLINED', state_before_decline = 'PENDING', \
                             decline_time = now() - interval '25 hours'";
const TOO_LATE: &str = "create_time = create_time - interval '40 days', send_time = send_time - interval '40 days', \
                        expire_time = now() - interval '1 second'";
const BY_THE_PAGE: &str = "source = 'JOIN_PAGE'";
const NOT_YET: &str = "delivery_state = 'SCHEDULED', send_time = now() + interval '1 hour'";

pub(super) fn rows() -> Vec<Row> {
    let mut rows = looked_up();
    rows.extend(accepted());
    rows.extend(declined("DeclineInvitation", decline));
    rows.extend(declined("UndoDecline", undo));
    rows.extend(own());
    rows.push(row("UndoDecline", R::UndoTooLate, async |at| {
        undo(after(&at, LONG_DECLINED).await.token)
    }));
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

fn decline(token: String) -> Attempt {
    let request = DeclineInvitationRequest {
        token,
        ..Default::default()
    };
    Attempt::by_nobody(&request)
}

fn undo(token: String) -> Attempt {
    let request = UndoDeclineRequest {
        token,
        ..Default::default()
    };
    Attempt::by_nobody(&request)
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
        row("LookupInvitation", R::RateLimited, async |_| {
            lookup("AAAA".into()).from(ELSEWHERE).each_time(|| ())
        }),
    ]
}

/// Somebody who came by a page that lets their address in no more.
async fn narrowed(at: Stage) -> (Stage, Invited) {
    let open = open(at).await;
    let invited = after(&open.at, BY_THE_PAGE).await;
    open.narrows().await;
    (open.at, invited)
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
        row("AcceptInvitation", R::AddressUnknown, async |at| {
            accept(Invited {
                address: "unverified".to_owned(),
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
        row("AcceptInvitation", R::JoinAddressNotAllowed, async |at| {
            let (_, invited) = narrowed(at).await;
            accept(invited)
        }),
        row("AcceptInvitation", R::OrganizationNotActive, async |at| {
            let at = at.own().await;
            let invited = at.invited().await;
            at.becomes("SUSPENDED").await;
            accept(invited).metadata("state", "SUSPENDED")
        }),
        row("AcceptInvitation", R::RateLimited, async |at| {
            let nobodys = Invited {
                id: String::new(),
                address: at.address(),
                token: "AAAA".into(),
            };
            accept(nobodys).from(ELSEWHERE).each_time(|| ())
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

/// Declining and undoing that, for which the link is enough, refuse the same.
fn declined(rpc: &'static str, attempt: fn(String) -> Attempt) -> Vec<Row> {
    vec![
        row(rpc, R::LinkInvalid, async move |_| attempt("AAAA".into())),
        row(rpc, R::LinkReplaced, async move |at| {
            attempt(after(&at, REPLACED).await.token)
        }),
        row(rpc, R::InvitationNotSent, async move |at| {
            attempt(after(&at, NOT_YET).await.token)
        }),
        row(rpc, R::InvitationCancelled, async move |at| {
            attempt(after(&at, CANCELLED).await.token)
        }),
        row(rpc, R::InvitationClosed, async move |at| {
            let invited = at.invited().await;
            let request = AcceptInvitationRequest {
                token: invited.token.clone(),
                request_id: String::new(),
            };
            at.done::<()>("AcceptInvitation", &invited.address, &request)
                .await;
            attempt(invited.token)
        }),
        row(rpc, R::RateLimited, async move |_| {
            attempt("AAAA".into()).from(ELSEWHERE).each_time(|| ())
        }),
        row(rpc, R::RequestIdReused, async move |at| {
            let (first, second) = (at.invited().await, at.invited().await);
            let who = first.address.clone();
            let id = at.suite.request_id();
            if rpc == "UndoDecline" {
                let request = |of: Invited| UndoDeclineRequest {
                    token: of.token,
                    request_id: id.clone(),
                };
                at.reused(rpc, &who, &request(first), &request(second)).await
            } else {
                let request = |of: Invited| DeclineInvitationRequest {
                    token: of.token,
                    do_not_invite_again: false,
                    request_id: id.clone(),
                };
                at.reused(rpc, &who, &request(first), &request(second)).await
            }
        }),
    ]
}

/// An answer in the invitee's own account.
#[derive(Clone, Copy)]
enum Own {
    Accept,
    Decline,
    Undo,
}
use Own::{Accept, Decline, Undo};

impl Own {
    fn rpc(self) -> &'static str {
        match self {
            Accept => "AcceptPersonInvitation",
            Decline => "DeclinePersonInvitation",
            Undo => "UndoPersonDecline",
        }
    }

    /// By whoever has this address.
    fn by(self, who: &str, name: String, request_id: &str) -> Attempt {
        let request_id = request_id.to_owned();
        match self {
            Accept => Attempt::by(who, &AcceptPersonInvitationRequest { name, request_id }),
            Decline => Attempt::by(
                who,
                &DeclinePersonInvitationRequest {
                    name,
                    do_not_invite_again: false,
                    request_id,
                },
            ),
            Undo => Attempt::by(who, &UndoPersonDeclineRequest { name, request_id }),
        }
    }

    fn of(self, at: &Stage, invited: &Invited) -> Attempt {
        self.by(&invited.address, named(at, invited), "")
    }

    /// What all three refuse.
    fn rows(self) -> Vec<Row> {
        let rpc = self.rpc();
        vec![
            row(rpc, R::NotFound, async move |at: Stage| {
                let invited = at.invited().await;
                self.by(&at.address(), named(&at, &invited), "")
            }),
            row(rpc, R::AddressUnknown, async move |at: Stage| {
                let invited = at.invited().await;
                self.by("unverified", named(&at, &invited), "")
            }),
            row(rpc, R::InvitationCancelled, async move |at: Stage| {
                self.of(&at, &after(&at, CANCELLED).await)
            }),
            row(rpc, R::RequestIdReused, async move |at: Stage| {
                let (first, second) = (at.invited().await, at.invited().await);
                let id = at.suite.request_id();
                let names = [named(&at, &first), named(&at, &second)];
                let [first_name, second_name] = names;
                let who = first.address;
                match self {
                    Accept => {
                        let request = AcceptPersonInvitationRequest {
                            name: first_name,
                            request_id: id.clone(),
                        };
                        at.done::<()>(rpc, &who, &request).await;
                    }
                    Decline => {
                        let request = DeclinePersonInvitationRequest {
                            name: first_name,
                            do_not_invite_again: false,
                            request_id: id.clone(),
                        };
                        at.done::<()>(rpc, &who, &request).await;
                    }
                    Undo => {
                        let request = UndoPersonDeclineRequest {
                            name: first_name,
                            request_id: id.clone(),
                        };
                        at.done::<()>(rpc, &who, &request).await;
                    }
                }
                self.by(&who, second_name, &id)
            }),
        ]
    }
}

fn named(at: &Stage, invited: &Invited) -> String {
    format!("{}/invitations/{}", at.name(), invited.id)
}

fn listing(parent: String, page_token: &str) -> ListPersonInvitationsRequest {
    ListPersonInvitationsRequest {
        parent,
        page_token: page_token.into(),
        ..Default::default()
    }
}

/// Where somebody wants no further invitation.
fn opt_outs() -> Vec<Row> {
    let listing = |parent: String, page_token: &str| ListPersonOptOutsRequest {
        parent,
        page_token: page_token.into(),
        ..Default::default()
    };
    let lifting = |name: String, request_id: &str| LiftPersonOptOutRequest {
        name,
        request_id: request_id.to_owned(),
    };
    vec![
        row("ListPersonOptOuts", R::PermissionDenied, async move |at| {
            let parent = format!("persons/{}", at.suite.request_id());
            Attempt::by(&at.address(), &listing(parent, ""))
        }),
        row("ListPersonOptOuts", R::AddressUnknown, async move |_| {
            Attempt::by("unverified", &listing("persons/me".into(), ""))
        }),
        row("ListPersonOptOuts", R::PageTokenInvalid, async move |at| {
            Attempt::by(&at.address(), &listing("persons/me".into(), "AAAA"))
        }),
        row("LiftPersonOptOut", R::NotFound, async move |at: Stage| {
            let invited = at.invited().await;
            Attempt::by(&at.address(), &lifting(named(&at, &invited), ""))
        }),
        row("LiftPersonOptOut", R::AddressUnknown, async move |at: Stage| {
            let invited = at.invited().await;
            Attempt::by("unverified", &lifting(named(&at, &invited), ""))
        }),
        row("LiftPersonOptOut", R::RequestIdReused, async move |at: Stage| {
            let (first, second) = (at.invited().await, at.invited().await);
            let id = at.suite.request_id();
            let who = first.address.clone();
            let first = lifting(named(&at, &first), &id);
            at.done::<()>("LiftPersonOptOut", &who, &first).await;
            Attempt::by(&who, &lifting(named(&at, &second), &id))
        }),
    ]
}

fn own() -> Vec<Row> {
    let mut rows: Vec<Row> = [Accept, Decline, Undo].into_iter().flat_map(Own::rows).collect();
    rows.extend(opt_outs());
    rows.extend([
        row("ListPersonInvitations", R::PermissionDenied, async |at| {
            let parent = format!("persons/{}", at.suite.request_id());
            Attempt::by(&at.address(), &listing(parent, ""))
        }),
        row("ListPersonInvitations", R::AddressUnknown, async |_| {
            Attempt::by("unverified", &listing("persons/me".into(), ""))
        }),
        row("ListPersonInvitations", R::PageTokenInvalid, async |at| {
            Attempt::by(&at.address(), &listing("persons/me".into(), "AAAA"))
        }),
        row("AcceptPersonInvitation", R::InvitationExpired, async |at| {
            Accept.of(&at, &after(&at, TOO_LATE).await)
        }),
        row("AcceptPersonInvitation", R::InvitationClosed, async |at| {
            Accept.of(&at, &after(&at, DECLINED).await)
        }),
        row("AcceptPersonInvitation", R::GroupInactive, async |at| {
            let at = at.own().await;
            let invited = at.invited().await;
            at.deactivates(&at.organization.group).await;
            Accept.of(&at, &invited)
        }),
        row("AcceptPersonInvitation", R::JoinAddressNotAllowed, async |at| {
            let (at, invited) = narrowed(at).await;
            Accept.of(&at, &invited)
        }),
        row("AcceptPersonInvitation", R::OrganizationNotActive, async |at| {
            let at = at.own().await;
            let invited = at.invited().await;
            at.becomes("SUSPENDED").await;
            Accept.of(&at, &invited).metadata("state", "SUSPENDED")
        }),
        row("UndoPersonDecline", R::UndoTooLate, async |at| {
            Undo.of(&at, &after(&at, LONG_DECLINED).await)
        }),
    ]);
    for own in [Decline, Undo] {
        rows.push(row(own.rpc(), R::InvitationClosed, async move |at: Stage| {
            let invited = at.invited().await;
            let request = AcceptPersonInvitationRequest {
                name: named(&at, &invited),
                request_id: String::new(),
            };
            at.done::<()>(Accept.rpc(), &invited.address, &request).await;
            own.of(&at, &invited)
        }));
    }
    rows
}
