//! Inviting, by one and by several.

use std::time::{Duration, SystemTime};

use muster_clock::Clock;
use muster_proto::invitation::v1::{
    BatchCancelInvitationsRequest, BatchCreateInvitationsRequest, BatchResendInvitationsRequest,
    CancelInvitationRequest, CreateInvitationRequest, CreateInvitationResponse, DeclineInvitationRequest,
    GetAcceptanceRequest, GetAnnouncementRequest, GetInvitationRequest, GetRateLimitsRequest,
    InvitationFilter, InvitationState, ListInvitationsRequest, ListLearnersRequest,
    RescheduleInvitationRequest, ResendInvitationRequest, WatchInvitationsRequest,
};
use muster_proto::notification::v1::{GetMailRequest, MailPurpose};
use muster_proto::organization::v1::Plan;
use muster_refusal::ErrorReason as R;
use prost_types::Timestamp;

use super::attempt::Attempt;
use super::stage::{Stage, last};
use super::{Row, row};
use crate::support::Organization;

pub(super) fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = [One, Several].into_iter().flat_map(Way::rows).collect();
    rows.extend(read());
    rows.extend(resent());
    rows.extend(rescheduled());
    rows.extend(batches());
    rows.push(row("BatchCreateInvitations", R::TooManyInvitations, async |at| {
        let addresses: Vec<String> = (1..=11).map(|n| format!("n{n}@example.test")).collect();
        Attempt::by("owner", &at.organization.inviting_all(&addresses)).quota(11, 10)
    }));
    rows
}

fn batches() -> Vec<Row> {
    let cancelling = |at: &Stage, name: String, request_id: &str| BatchCancelInvitationsRequest {
        parent: at.name(),
        names: vec![name],
        request_id: request_id.into(),
        ..Default::default()
    };
    let resending = |at: &Stage, name: String, request_id: &str| BatchResendInvitationsRequest {
        parent: at.name(),
        names: vec![name],
        request_id: request_id.into(),
        ..Default::default()
    };
    let cancelled = || InvitationFilter {
        states: vec![InvitationState::Cancelled.into()],
        ..Default::default()
    };
    vec![
        row("BatchCancelInvitations", R::InvitationsChanged, async move |at| {
            let request = BatchCancelInvitationsRequest {
                parent: at.own().await.name(),
                filter: Some(cancelled()),
                expected_count: 1,
                filter_etag: "other".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("BatchResendInvitations", R::InvitationsChanged, async move |at| {
            let request = BatchResendInvitationsRequest {
                parent: at.own().await.name(),
                filter: Some(cancelled()),
                expected_count: 1,
                filter_etag: "other".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("BatchCancelInvitations", R::InvalidRequest, async move |at| {
            Attempt::by("owner", &cancelling(&at, "x".into(), "")).violates(&["names[0]"])
        }),
        row("BatchCancelInvitations", R::RequestIdReused, async move |at| {
            let id = at.suite.request_id();
            let first = cancelling(&at, at.absent("invitations"), &id);
            let second = cancelling(&at, at.absent("invitations"), &id);
            at.reused("BatchCancelInvitations", "owner", &first, &second)
                .await
        }),
        row("BatchResendInvitations", R::InvalidRequest, async move |at| {
            Attempt::by("owner", &resending(&at, "x".into(), "")).violates(&["names[0]"])
        }),
        row(
            "BatchResendInvitations",
            R::OrganizationNotActive,
            async move |at| {
                let at = at.own().await;
                at.becomes("SUSPENDED").await;
                Attempt::by("owner", &resending(&at, at.absent("invitations"), ""))
                    .metadata("state", "SUSPENDED")
            },
        ),
        row("BatchResendInvitations", R::PlanLimitExceeded, async move |at| {
            let at = at.own().await;
            at.subscribes(Plan::Premium, 500, 1).await;
            let name = at.organization.invite(&at.suite, &at.address()).await.name;
            Attempt::by("owner", &resending(&at, name, "")).quota(1, 1)
        }),
        row("BatchResendInvitations", R::RateLimited, async move |at| {
            // As `cargo dev` sets it.
            const LIMIT: i64 = 10_000_000;
            let at = at.own().await;
            let name = at.organization.invite(&at.suite, &at.address()).await.name;
            let statement = format!(
                "UPDATE inviter_message_counts SET messages = {LIMIT} WHERE organization_id = '{}'",
                last(&at.name())
            );
            at.database("invitation").await.change(&statement).await;
            Attempt::by("owner", &resending(&at, name, "")).quota(LIMIT, LIMIT)
        }),
        row("BatchResendInvitations", R::RequestIdReused, async move |at| {
            let id = at.suite.request_id();
            let first = resending(&at, at.absent("invitations"), &id);
            let second = resending(&at, at.absent("invitations"), &id);
            at.reused("BatchResendInvitations", "owner", &first, &second)
                .await
        }),
    ]
}

/// The two ways to invite refuse the same; only the paths of the fields differ.
#[derive(Clone, Copy)]
enum Way {
    One,
    /// The second of a batch is what is wrong with it.
    Several,
}
use Way::{One, Several};

impl Way {
    fn rpc(self) -> &'static str {
        match self {
            One => "CreateInvitation",
            Several => "BatchCreateInvitations",
        }
    }

    fn field(self, field: &str) -> String {
        match self {
            One => format!("invitation.{field}"),
            Several => format!("requests[1].invitation.{field}"),
        }
    }

    fn attempt(self, at: &Stage, request: CreateInvitationRequest) -> Attempt {
        match self {
            One => Attempt::by("owner", &request),
            Several => Attempt::by("owner", &self::batch(at, request, "")),
        }
    }

    /// `address` invited to `group`.
    fn inviting(self, at: &Stage, address: &str, group: &str) -> Attempt {
        let mut request = at.organization.inviting(address);
        request.invitation.as_mut().unwrap().groups = vec![group.to_owned()];
        self.attempt(at, request)
    }

    fn rows(self) -> Vec<Row> {
        let rpc = self.rpc();
        vec![
            row(rpc, R::InvalidRequest, async move |at: Stage| {
                let mut request = at.organization.inviting("nobody at all");
                request.invitation.as_mut().unwrap().location = "upstairs".into();
                let fields = [&*self.field("address"), &*self.field("location")];
                self.attempt(&at, request).violates(&fields)
            }),
            row(rpc, R::GroupUnknown, async move |at: Stage| {
                let mut request = at.organization.inviting(&at.address());
                let invitation = request.invitation.as_mut().unwrap();
                invitation.groups.push(at.absent("groups"));
                invitation.location = at.absent("locations");
                let fields = [&*self.field("groups[1]"), &*self.field("location")];
                self.attempt(&at, request).violates(&fields)
            }),
            row(rpc, R::GroupInactive, async move |at: Stage| {
                let group = at.group().await;
                at.deactivates(&group).await;
                self.inviting(&at, &at.address(), &group)
                    .violates(&[&self.field("groups[0]")])
            }),
            row(rpc, R::LocationInactive, async move |at: Stage| {
                let mut request = at.organization.inviting(&at.address());
                request.invitation.as_mut().unwrap().location = at.closed_location().await;
                self.attempt(&at, request).violates(&[&self.field("location")])
            }),
            row(rpc, R::OrganizationNotActive, async move |at: Stage| {
                let draft = Organization::draft(&at.suite, "owner").await.name;
                let mut request = at.organization.inviting(&at.address());
                request.parent = draft.clone();
                request.invitation.as_mut().unwrap().groups =
                    vec![format!("{draft}/groups/{}", at.suite.request_id())];
                let attempt = match self {
                    One => Attempt::by("owner", &request),
                    Several => Attempt::by(
                        "owner",
                        &BatchCreateInvitationsRequest {
                            parent: draft,
                            requests: vec![request],
                            request_id: String::new(),
                        },
                    ),
                };
                attempt.metadata("state", "DRAFT")
            }),
            row(rpc, R::LearnerAlreadyActive, async move |at: Stage| {
                let learner = at.learner().await;
                let attempt = self.attempt(&at, at.organization.inviting(&learner.address));
                attempt.violates(&[&self.field("address")])
            }),
            row(rpc, R::PlanLimitExceeded, async move |at: Stage| {
                let at = at.own().await;
                at.subscribes(Plan::Premium, 500, 1).await;
                at.organization.invite(&at.suite, &at.address()).await;
                self.attempt(&at, at.organization.inviting(&at.address()))
                    .quota(1, 1)
            }),
            row(rpc, R::RateLimited, async move |at: Stage| {
                let address = at.address();
                for _ in 0..3 {
                    let made = at.organization.invite(&at.suite, &address).await;
                    let cancel = cancelling(made.name, "");
                    at.done::<()>("CancelInvitation", "owner", &cancel).await;
                }
                self.attempt(&at, at.organization.inviting(&address))
                    .violates(&[&self.field("address")])
                    .quota(3, 3)
            }),
            row(rpc, R::RequestIdReused, async move |at: Stage| {
                let id = at.suite.request_id();
                let request = || CreateInvitationRequest {
                    request_id: id.clone(),
                    ..at.organization.inviting(&at.address())
                };
                let batch = || self::batch(&at, at.organization.inviting(&at.address()), &id);
                match self {
                    One => at.reused(rpc, "owner", &request(), &request()).await,
                    Several => at.reused(rpc, "owner", &batch(), &batch()).await,
                }
            }),
        ]
    }
}

/// A batch whose first child is good.
fn batch(at: &Stage, second: CreateInvitationRequest, request_id: &str) -> BatchCreateInvitationsRequest {
    BatchCreateInvitationsRequest {
        parent: at.name(),
        requests: vec![at.organization.inviting(&at.address()), second],
        request_id: request_id.into(),
    }
}

fn cancelling(name: String, request_id: &str) -> CancelInvitationRequest {
    CancelInvitationRequest {
        name,
        request_id: request_id.into(),
    }
}

fn resending(name: String, request_id: &str) -> ResendInvitationRequest {
    ResendInvitationRequest {
        name,
        rotate_link: false,
        request_id: request_id.into(),
    }
}

fn resent() -> Vec<Row> {
    let rpc = "ResendInvitation";
    let invited = async |at: &Stage| at.organization.invite(&at.suite, &at.address()).await.name;
    vec![
        row(rpc, R::NotFound, async |at| {
            Attempt::by("owner", &resending(at.absent("invitations"), ""))
        }),
        row(rpc, R::InvitationCancelled, async move |at| {
            let name = invited(&at).await;
            let cancel = cancelling(name.clone(), "");
            at.done::<()>("CancelInvitation", "owner", &cancel).await;
            Attempt::by("owner", &resending(name, ""))
        }),
        row(rpc, R::InvitationClosed, async |at| {
            let name = at.learner().await.invitation;
            Attempt::by("owner", &resending(name, ""))
        }),
        row(rpc, R::AddressSuppressed, async |at| {
            let invited = at.invited().await;
            let decline = DeclineInvitationRequest {
                token: invited.token,
                do_not_invite_again: true,
                request_id: String::new(),
            };
            at.done::<()>("DeclineInvitation", &invited.address, &decline)
                .await;
            let name = at.organization.invite(&at.suite, &invited.address).await.name;
            Attempt::by("owner", &resending(name, ""))
        }),
        row(rpc, R::OrganizationNotActive, async move |at| {
            let at = at.own().await;
            let name = invited(&at).await;
            at.becomes("SUSPENDED").await;
            Attempt::by("owner", &resending(name, "")).metadata("state", "SUSPENDED")
        }),
        row(rpc, R::PlanLimitExceeded, async move |at| {
            let at = at.own().await;
            at.subscribes(Plan::Premium, 500, 1).await;
            let name = invited(&at).await;
            Attempt::by("owner", &resending(name, "")).quota(1, 1)
        }),
        row(rpc, R::RateLimited, async move |at| {
            let name = invited(&at).await;
            for _ in 0..2 {
                at.done::<()>(rpc, "owner", &resending(name.clone(), "")).await;
            }
            Attempt::by("owner", &resending(name, "")).quota(3, 3)
        }),
        row(rpc, R::RequestIdReused, async move |at| {
            let id = at.suite.request_id();
            let (first, second) = (invited(&at).await, invited(&at).await);
            at.reused(rpc, "owner", &resending(first, &id), &resending(second, &id))
                .await
        }),
    ]
}

/// To be sent in so many hours instead.
fn rescheduling(name: String, hours: u32, request_id: &str) -> RescheduleInvitationRequest {
    RescheduleInvitationRequest {
        name,
        send_time: Some(in_hours(hours)),
        request_id: request_id.into(),
    }
}

fn in_hours(hours: u32) -> Timestamp {
    let then = Clock::system().now() + Duration::from_secs(60 * 60) * hours;
    SystemTime::from(then).into()
}

/// An invitation whose mail waits for an hour.
async fn scheduled(at: &Stage, address: &str) -> String {
    let mut request = at.organization.inviting(address);
    request.invitation.as_mut().unwrap().send_time = Some(in_hours(1));
    let made: CreateInvitationResponse = at.done("CreateInvitation", "owner", &request).await;
    made.invitation.unwrap().name
}

fn rescheduled() -> Vec<Row> {
    let rpc = "RescheduleInvitation";
    vec![
        row(rpc, R::InvalidRequest, async |at| {
            let long_ago = RescheduleInvitationRequest {
                send_time: Some(Timestamp::default()),
                ..rescheduling(at.absent("invitations"), 1, "")
            };
            Attempt::by("owner", &long_ago).violates(&["send_time"])
        }),
        row(rpc, R::NotFound, async |at| {
            Attempt::by("owner", &rescheduling(at.absent("invitations"), 1, ""))
        }),
        row(rpc, R::InvitationNotScheduled, async |at| {
            let name = at.organization.invite(&at.suite, &at.address()).await.name;
            Attempt::by("owner", &rescheduling(name, 1, ""))
        }),
        row(rpc, R::InvitationCancelled, async |at| {
            let name = scheduled(&at, &at.address()).await;
            let cancel = cancelling(name.clone(), "");
            at.done::<()>("CancelInvitation", "owner", &cancel).await;
            Attempt::by("owner", &rescheduling(name, 2, ""))
        }),
        row(rpc, R::InvitationClosed, async |at| {
            let name = at.learner().await.invitation;
            Attempt::by("owner", &rescheduling(name, 1, ""))
        }),
        row(rpc, R::OrganizationNotActive, async |at| {
            let at = at.own().await;
            let name = scheduled(&at, &at.address()).await;
            at.becomes("SUSPENDED").await;
            Attempt::by("owner", &rescheduling(name, 2, "")).metadata("state", "SUSPENDED")
        }),
        row(rpc, R::PlanLimitExceeded, async |at| {
            let at = at.own().await;
            let name = scheduled(&at, &at.address()).await;
            let mut later = at.organization.inviting(&at.address());
            later.invitation.as_mut().unwrap().send_time = Some(in_hours(60));
            at.done::<()>("CreateInvitation", "owner", &later).await;
            at.subscribes(Plan::Premium, 500, 1).await;
            Attempt::by("owner", &rescheduling(name, 61, "")).quota(1, 1)
        }),
        row(rpc, R::RateLimited, async |at| {
            let address = at.address();
            let (name, domain) = address.split_once('@').unwrap();
            for number in 0..3 {
                let mut later = at.organization.inviting(&format!("{name}+{number}@{domain}"));
                later.invitation.as_mut().unwrap().send_time = Some(in_hours(60));
                at.done::<()>("CreateInvitation", "owner", &later).await;
            }
            let name = scheduled(&at, &address).await;
            Attempt::by("owner", &rescheduling(name, 61, "")).quota(3, 3)
        }),
        row(rpc, R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let (first, second) = (
                scheduled(&at, &at.address()).await,
                scheduled(&at, &at.address()).await,
            );
            at.reused(
                rpc,
                "owner",
                &rescheduling(first, 2, &id),
                &rescheduling(second, 2, &id),
            )
            .await
        }),
    ]
}

fn read() -> Vec<Row> {
    vec![
        row("GetAnnouncement", R::NotFound, async |at| {
            let request = GetAnnouncementRequest {
                parent: format!("organizations/{}", at.suite.request_id()),
                language: String::new(),
            };
            Attempt::by("staff", &request)
        }),
        row("GetRateLimits", R::NotFound, async |at| {
            let request = GetRateLimitsRequest {
                parent: format!("organizations/{}", at.suite.request_id()),
                address: String::new(),
            };
            Attempt::by("staff", &request)
        }),
        row("GetRateLimits", R::InvalidRequest, async |at| {
            let request = GetRateLimitsRequest {
                parent: at.name(),
                address: "nobody".into(),
            };
            Attempt::by("owner", &request).violates(&["address"])
        }),
        row("GetInvitation", R::NotFound, async |at| {
            let name = at.absent("invitations");
            Attempt::by("owner", &GetInvitationRequest { name })
        }),
        row("CancelInvitation", R::NotFound, async |at| {
            Attempt::by("owner", &cancelling(at.absent("invitations"), ""))
        }),
        row("CancelInvitation", R::InvitationClosed, async |at| {
            let name = at.learner().await.invitation;
            Attempt::by("owner", &cancelling(name, ""))
        }),
        row("CancelInvitation", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let invited = async || at.organization.invite(&at.suite, &at.address()).await.name;
            let (first, second) = (cancelling(invited().await, &id), cancelling(invited().await, &id));
            at.reused("CancelInvitation", "owner", &first, &second).await
        }),
        row("ListInvitations", R::PageTokenInvalid, async |at| {
            let request = ListInvitationsRequest {
                parent: at.name(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("WatchInvitations", R::WatchHistoryLost, async |at| {
            let request = WatchInvitationsRequest {
                parent: at.name(),
                resume_token: "AAAA".into(),
            };
            Attempt::by("owner", &request)
        }),
        row("ListLearners", R::PageTokenInvalid, async |at| {
            let request = ListLearnersRequest {
                parent: at.name(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("GetMail", R::OrganizationNotActive, async |at| {
            let at = at.own().await;
            let invitation = at.organization.invite(&at.suite, &at.address()).await.name;
            at.becomes("SUSPENDED").await;
            Attempt::by_nobody(&GetMailRequest {
                subject: invitation,
                purpose: MailPurpose::Invite.into(),
                generation: 1,
            })
        }),
        row("GetAcceptance", R::NotFound, async |at| {
            let invitation = at.absent("invitations");
            Attempt::by_nobody(&GetAcceptanceRequest { invitation })
        }),
    ]
}
