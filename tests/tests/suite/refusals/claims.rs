//! Claims, and what becomes of them: rejected, corrected, taken back.

use muster_client::acts::employment;
use muster_proto::employment::v1::{
    BatchEndEmploymentsRequest, BatchVerifyEmploymentsRequest, ClaimEmploymentsRequest,
    ClaimEmploymentsResponse, CorrectEmploymentRequest, Employment, EmploymentClaim, EndEmploymentRequest,
    RejectEmploymentRequest, RejectionReason, RemindVerifiersRequest, UpdateEmploymentRequest,
    WithdrawEmploymentRequest,
};
use muster_proto::organization::v1::{CloseOrganizationRequest, Role};
use muster_refusal::ErrorReason as R;
use muster_testkit::eventually;
use prost_types::FieldMask;

use super::attempt::Attempt;
use super::employment::{claimed, employed, owners};
use super::profile_users::given;
use super::stage::{Learner, Stage, last};
use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = claims();
    rows.extend(rejections());
    rows.extend(corrections());
    rows.extend(withdrawals());
    rows.extend(reminders());
    rows.extend(updates());
    rows.extend(batches());
    rows
}

fn claims() -> Vec<Row> {
    vec![
        row("ClaimEmployments", R::PermissionDenied, async |at| {
            let claims = claiming(at.name(), "");
            let parent = format!("persons/{}", at.suite.request_id());
            Attempt::by("learner-1", &ClaimEmploymentsRequest { parent, ..claims })
        }),
        row("ClaimEmployments", R::InvalidRequest, async |at| {
            let mut twice = claiming(at.name(), "");
            twice.claims.extend(twice.claims.clone());
            Attempt::by("learner-1", &twice).violates(&["claims[1].organization"])
        }),
        row("ClaimEmployments", R::OrganizationNotActive, async |at| {
            let own = at.own().await;
            own.becomes("CLOSED").await;
            Attempt::by("owner", &claiming(own.name(), "")).violates(&["claims[0].organization"])
        }),
        row("ClaimEmployments", R::GroupUnknown, async |at| {
            let mut elsewhere = claiming(at.name(), "");
            elsewhere.claims[0].location = at.absent("locations");
            Attempt::by("learner-1", &elsewhere).violates(&["claims[0].location"])
        }),
        row("ClaimEmployments", R::LocationInactive, async |at| {
            let mut there = claiming(at.name(), "");
            there.claims[0].location = at.closed_location().await;
            Attempt::by("learner-1", &there).violates(&["claims[0].location"])
        }),
        row("ClaimEmployments", R::RateLimited, async |at| {
            let (who, claim) = (at.address(), claiming(at.name(), ""));
            for _ in 0..5 {
                let claimed: ClaimEmploymentsResponse = at.done("ClaimEmployments", &who, &claim).await;
                let name = claimed.employments[0].name.clone();
                at.done::<()>("WithdrawEmployment", &who, &withdrawing(name, ""))
                    .await;
            }
            Attempt::by(&who, &claim)
                .violates(&["claims[0].organization"])
                .quota(5, 5)
        }),
        row("ClaimEmployments", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let who = at.address();
            let second = claiming(at.own().await.name(), &id);
            at.reused("ClaimEmployments", &who, &claiming(at.name(), &id), &second)
                .await
        }),
    ]
}

fn rejections() -> Vec<Row> {
    vec![
        row("RejectEmployment", R::NotFound, async |at| {
            Attempt::by("owner", &rejecting(at.absent("employments"), ""))
        }),
        row("RejectEmployment", R::OwnerMustTransfer, async |at| {
            Attempt::by("owner", &rejecting(owners(&at).await, ""))
        }),
        row("RejectEmployment", R::EmploymentGivesAccess, async |at| {
            let name = giving_access(&at).await;
            Attempt::by(&administrator(&at).await, &rejecting(name, ""))
        }),
        row("RejectEmployment", R::EmploymentVerified, async |at| {
            Attempt::by("owner", &rejecting(at.learner().await.employment, ""))
        }),
        row("RejectEmployment", R::EmploymentState, async |at| {
            let name = employed(&at, "ENDED").await.employment;
            Attempt::by("owner", &rejecting(name, ""))
        }),
        row("RejectEmployment", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let first = employed(&at, "PENDING_VERIFICATION").await.employment;
            let second = rejecting(at.absent("employments"), &id);
            at.reused("RejectEmployment", "owner", &rejecting(first, &id), &second)
                .await
        }),
    ]
}

fn corrections() -> Vec<Row> {
    vec![
        row("CorrectEmployment", R::NotFound, async |at| {
            Attempt::by("learner-1", &correcting(at.learner().await.employment, ""))
        }),
        row("CorrectEmployment", R::EmploymentVerified, async |at| {
            let learner = at.learner().await;
            Attempt::by(&learner.address, &correcting(learner.employment, ""))
        }),
        row("CorrectEmployment", R::OrganizationNotActive, async |at| {
            let learner = of_closed(&at).await;
            Attempt::by(&learner.address, &correcting(learner.employment, "")).metadata("state", "CLOSED")
        }),
        row("CorrectEmployment", R::EmploymentState, async |at| {
            let learner = employed(&at, "ENDED").await;
            Attempt::by(&learner.address, &correcting(learner.employment, ""))
        }),
        row("CorrectEmployment", R::EmploymentSuperseded, async |at| {
            let learner = superseded(&at).await;
            Attempt::by(&learner.address, &correcting(learner.employment, ""))
        }),
        row("CorrectEmployment", R::TooManyRejections, async |at| {
            let learner = rejected_for_good(&at).await;
            Attempt::by(&learner.address, &correcting(learner.employment, "")).quota(5, 5)
        }),
        row("CorrectEmployment", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let learner = employed(&at, "REJECTED").await;
            let second = correcting(at.absent("employments"), &id);
            let first = correcting(learner.employment, &id);
            at.reused("CorrectEmployment", &learner.address, &first, &second)
                .await
        }),
    ]
}

/// A learner whose claim was rejected as often as one may be.
async fn rejected_for_good(at: &Stage) -> Learner {
    let learner = employed(at, "REJECTED").await;
    let statement = format!(
        "INSERT INTO employment_rejections (organization_id, employment_id, version, reason, comment, person_id, reject_time)
         SELECT organization_id, employment_id, version + number, 'DATES', '', person_id, create_time
         FROM employments, generate_series(1, 5) AS number WHERE employment_id = '{}'",
        last(&learner.employment)
    );
    assert_eq!(at.database("employment").await.run(&statement).await, 5);
    learner
}

/// The employment by which somebody has access to the organization.
pub(super) async fn giving_access(at: &Stage) -> String {
    let (employee, _) = given(at, Role::Viewer).await;
    let own = employment::list_own(&at.suite.client(&employee.address))
        .await
        .unwrap();
    own.into_iter().next().expect("they are employed").name
}

/// Who administers the organization, and does not own it.
pub(super) async fn administrator(at: &Stage) -> String {
    given(at, Role::Admin).await.0.address
}

/// A learner who was rejected by an organization that is closed by now, as the service has heard.
pub(super) async fn of_closed(at: &Stage) -> Learner {
    let at = at.own().await;
    let learner = employed(&at, "REJECTED").await;
    let closing = CloseOrganizationRequest {
        name: at.name(),
        reason: "a test".into(),
        request_id: String::new(),
    };
    at.done::<()>("CloseOrganization", "owner", &closing).await;
    let database = at.database("employment").await;
    let heard = format!(
        "SELECT count(*) FROM closings WHERE organization_id = '{}' AND finish_time IS NOT NULL",
        at.organization.id()
    );
    eventually(async || database.number(&heard).await == 1).await;
    learner
}

/// A learner who was rejected, and has a newer claim.
pub(super) async fn superseded(at: &Stage) -> Learner {
    let learner = employed(at, "REJECTED").await;
    let statement = format!(
        "INSERT INTO employments (organization_id, employment_id, person_id, person_display_name, state, version,
                                  create_time, update_time)
         SELECT organization_id, gen_random_uuid(), person_id, '', 'PENDING_VERIFICATION', version + 1, now(), now()
         FROM employments WHERE employment_id = '{}'",
        last(&learner.employment)
    );
    at.database("employment").await.change(&statement).await;
    learner
}

fn withdrawals() -> Vec<Row> {
    vec![
        row("WithdrawEmployment", R::NotFound, async |at| {
            Attempt::by("learner-1", &withdrawing(at.learner().await.employment, ""))
        }),
        row("WithdrawEmployment", R::OwnerMustTransfer, async |at| {
            Attempt::by("owner", &withdrawing(owners(&at).await, ""))
        }),
        row("WithdrawEmployment", R::EmploymentVerified, async |at| {
            // It was verified before it was edited, and waits again.
            let learner = at.learner().await;
            let edit = updating(learner.employment.clone(), "2026-01-01", "");
            at.done::<()>("UpdateEmployment", &learner.address, &edit).await;
            let attempt = Attempt::by(&learner.address, &withdrawing(learner.employment, ""));
            attempt.metadata("state", "PENDING_VERIFICATION")
        }),
        row("WithdrawEmployment", R::EmploymentRejected, async |at| {
            let learner = employed(&at, "REJECTED").await;
            Attempt::by(&learner.address, &withdrawing(learner.employment, ""))
        }),
        row("WithdrawEmployment", R::EmploymentState, async |at| {
            let learner = employed(&at, "ENDED").await;
            Attempt::by(&learner.address, &withdrawing(learner.employment, ""))
        }),
        row("WithdrawEmployment", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let learner = claimed(&at).await;
            let second = withdrawing(at.absent("employments"), &id);
            let first = withdrawing(learner.employment, &id);
            at.reused("WithdrawEmployment", &learner.address, &first, &second)
                .await
        }),
    ]
}

fn reminding(name: String, request_id: &str) -> RemindVerifiersRequest {
    RemindVerifiersRequest {
        name,
        request_id: request_id.into(),
    }
}

fn reminders() -> Vec<Row> {
    const RPC: &str = "RemindVerifiers";
    vec![
        row(RPC, R::NotFound, async |at| {
            Attempt::by("learner-1", &reminding(claimed(&at).await.employment, ""))
        }),
        row(RPC, R::EmploymentVerified, async |at| {
            let learner = at.learner().await;
            Attempt::by(&learner.address, &reminding(learner.employment, ""))
        }),
        row(RPC, R::EmploymentRejected, async |at| {
            let learner = employed(&at, "REJECTED").await;
            Attempt::by(&learner.address, &reminding(learner.employment, ""))
        }),
        row(RPC, R::EmploymentState, async |at| {
            let learner = employed(&at, "ENDED").await;
            Attempt::by(&learner.address, &reminding(learner.employment, ""))
        }),
        row(RPC, R::RateLimited, async |at| {
            let learner = claimed(&at).await;
            let request = reminding(learner.employment, "");
            at.done::<()>(RPC, &learner.address, &request).await;
            Attempt::by(&learner.address, &request)
        }),
        row(RPC, R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let learner = claimed(&at).await;
            let second = reminding(at.absent("employments"), &id);
            let first = reminding(learner.employment, &id);
            at.reused(RPC, &learner.address, &first, &second).await
        }),
    ]
}

fn updates() -> Vec<Row> {
    vec![
        row("UpdateEmployment", R::NotFound, async |at| {
            Attempt::by(
                "learner-1",
                &updating(at.learner().await.employment, "2026-01-01", ""),
            )
        }),
        row("UpdateEmployment", R::InvalidRequest, async |at| {
            // After a last day that is settled.
            let learner = at.learner().await;
            let settled = EndEmploymentRequest {
                name: learner.employment.clone(),
                reason: "left".into(),
                request_id: String::new(),
                last_day: "2099-01-01".into(),
            };
            at.done::<()>("EndEmployment", "owner", &settled).await;
            let request = updating(learner.employment, "2099-01-02", "");
            Attempt::by(&learner.address, &request).violates(&["employment.start_date"])
        }),
        row("UpdateEmployment", R::EtagMismatch, async |at| {
            let learner = at.learner().await;
            let mut request = updating(learner.employment, "2026-01-01", "");
            request.employment.as_mut().unwrap().etag = "another".into();
            Attempt::by(&learner.address, &request)
        }),
        row("UpdateEmployment", R::OrganizationNotActive, async |at| {
            let learner = of_closed(&at).await;
            let request = updating(learner.employment, "2026-01-01", "");
            Attempt::by(&learner.address, &request).metadata("state", "CLOSED")
        }),
        row("UpdateEmployment", R::EmploymentSuperseded, async |at| {
            let learner = superseded(&at).await;
            let request = updating(learner.employment, "2026-01-01", "");
            Attempt::by(&learner.address, &request)
        }),
        row("UpdateEmployment", R::TooManyRejections, async |at| {
            let learner = rejected_for_good(&at).await;
            let request = updating(learner.employment, "2026-01-01", "");
            Attempt::by(&learner.address, &request).quota(5, 5)
        }),
        row("UpdateEmployment", R::EmploymentState, async |at| {
            let learner = employed(&at, "ENDED").await;
            let request = updating(learner.employment, "2026-01-01", "");
            Attempt::by(&learner.address, &request)
        }),
        row("UpdateEmployment", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let learner = at.learner().await;
            let first = updating(learner.employment.clone(), "2026-01-01", &id);
            let second = updating(learner.employment, "2026-01-02", &id);
            at.reused("UpdateEmployment", &learner.address, &first, &second)
                .await
        }),
    ]
}

fn updating(name: String, start_date: &str, request_id: &str) -> UpdateEmploymentRequest {
    let employment = Employment {
        name,
        start_date: start_date.into(),
        ..Default::default()
    };
    UpdateEmploymentRequest {
        employment: Some(employment),
        update_mask: Some(FieldMask {
            paths: vec!["start_date".into()],
        }),
        request_id: request_id.into(),
    }
}

fn batches() -> Vec<Row> {
    vec![
        row("BatchVerifyEmployments", R::InvalidRequest, async |at| {
            Attempt::by("owner", &verifying_all(&at, "x".into(), "")).violates(&["names[0]"])
        }),
        row("BatchVerifyEmployments", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let first = verifying_all(&at, at.absent("employments"), &id);
            let second = verifying_all(&at, at.absent("employments"), &id);
            at.reused("BatchVerifyEmployments", "owner", &first, &second)
                .await
        }),
        row("BatchEndEmployments", R::InvalidRequest, async |at| {
            Attempt::by("owner", &ending_all(&at, "x".into(), "")).violates(&["names[0]"])
        }),
        row("BatchEndEmployments", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let first = ending_all(&at, at.absent("employments"), &id);
            let second = ending_all(&at, at.absent("employments"), &id);
            at.reused("BatchEndEmployments", "owner", &first, &second).await
        }),
    ]
}

fn verifying_all(at: &Stage, name: String, request_id: &str) -> BatchVerifyEmploymentsRequest {
    BatchVerifyEmploymentsRequest {
        parent: at.name(),
        names: vec![name],
        request_id: request_id.into(),
    }
}

fn ending_all(at: &Stage, name: String, request_id: &str) -> BatchEndEmploymentsRequest {
    BatchEndEmploymentsRequest {
        parent: at.name(),
        names: vec![name],
        reason: "left".into(),
        request_id: request_id.into(),
        last_day: String::new(),
    }
}

fn claiming(organization: String, request_id: &str) -> ClaimEmploymentsRequest {
    let claim = EmploymentClaim {
        organization,
        ..Default::default()
    };
    ClaimEmploymentsRequest {
        parent: "persons/me".into(),
        claims: vec![claim],
        request_id: request_id.into(),
    }
}

fn rejecting(name: String, request_id: &str) -> RejectEmploymentRequest {
    RejectEmploymentRequest {
        name,
        reason: RejectionReason::NotEmployed.into(),
        comment: String::new(),
        request_id: request_id.into(),
    }
}

fn correcting(name: String, request_id: &str) -> CorrectEmploymentRequest {
    CorrectEmploymentRequest {
        name,
        request_id: request_id.into(),
    }
}

fn withdrawing(name: String, request_id: &str) -> WithdrawEmploymentRequest {
    WithdrawEmploymentRequest {
        name,
        request_id: request_id.into(),
    }
}
