//! Employments, and the lists of deliveries.

use muster_proto::employment::v1::{
    Employment, EndEmploymentRequest, GetEmploymentRequest, LeaveEmploymentRequest, ListEmploymentsRequest,
    ListPersonEmploymentsRequest, PlaceEmploymentRequest, UndoEndEmploymentRequest,
    UndoLeaveEmploymentRequest, VerifyEmploymentRequest, VerifyOwnerEmploymentRequest,
};
use muster_proto::notification::v1::ListDeliveriesRequest;
use muster_refusal::ErrorReason as R;
use prost_types::FieldMask;

use super::attempt::Attempt;
use super::claims::{administrator, giving_access, of_closed, superseded};
use super::stage::{Learner, Stage, last};
use super::{Row, row};
use crate::support::{Organization, owner_employment};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = decided_and_listed();
    rows.extend(verified_by_staff());
    rows.extend(left());
    rows.extend(taken_back());
    rows
}

/// The person settles a last day.
async fn settle(at: &Stage, learner: &Learner, last_day: &str) {
    let request = LeaveEmploymentRequest {
        last_day: last_day.into(),
        ..leaving(learner.employment.clone(), "")
    };
    at.done::<()>("LeaveEmployment", &learner.address, &request).await;
}

fn verified_by_staff() -> Vec<Row> {
    /// The employment of an owner, put into a state.
    async fn stands(at: &Stage, state: &str) -> String {
        let own = at.own().await;
        let name = owners(&own).await;
        let id = last(&name);
        let statement = format!("UPDATE employments SET state = '{state}' WHERE employment_id = '{id}'");
        own.database("employment").await.change(&statement).await;
        name
    }
    vec![
        row("VerifyOwnerEmployment", R::NotFound, async |at| {
            Attempt::by("staff", &verifying_owners(at.absent("employments"), ""))
        }),
        row("VerifyOwnerEmployment", R::OwnProfile, async |at| {
            let own = Organization::draft(&at.suite, "staff").await.name;
            let name = format!("{own}/employments/{}", at.suite.request_id());
            Attempt::by("staff", &verifying_owners(name, ""))
        }),
        row("VerifyOwnerEmployment", R::EmploymentNotOwners, async |at| {
            Attempt::by("staff", &verifying_owners(at.learner().await.employment, ""))
        }),
        row("VerifyOwnerEmployment", R::EmploymentRejected, async |at| {
            Attempt::by("staff", &verifying_owners(stands(&at, "REJECTED").await, ""))
        }),
        row("VerifyOwnerEmployment", R::EmploymentState, async |at| {
            Attempt::by("staff", &verifying_owners(stands(&at, "WITHDRAWN").await, ""))
        }),
        row("VerifyOwnerEmployment", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let first = verifying_owners(owners(&at).await, &id);
            let second = verifying_owners(at.absent("employments"), &id);
            at.reused("VerifyOwnerEmployment", "staff", &first, &second).await
        }),
    ]
}

fn verifying_owners(name: String, request_id: &str) -> VerifyOwnerEmploymentRequest {
    VerifyOwnerEmploymentRequest {
        name,
        request_id: request_id.into(),
    }
}

fn left() -> Vec<Row> {
    vec![
        row("LeaveEmployment", R::NotFound, async |at| {
            Attempt::by("learner-1", &leaving(at.learner().await.employment, ""))
        }),
        row("LeaveEmployment", R::InvalidRequest, async |at| {
            let learner = at.learner().await;
            let request = LeaveEmploymentRequest {
                last_day: "2026-02-30".into(),
                ..leaving(learner.employment, "")
            };
            Attempt::by(&learner.address, &request).violates(&["last_day"])
        }),
        row("LeaveEmployment", R::OwnerMustTransfer, async |at| {
            Attempt::by("owner", &leaving(owners(&at).await, ""))
        }),
        row("LeaveEmployment", R::EmploymentRejected, async |at| {
            let learner = employed(&at, "REJECTED").await;
            Attempt::by(&learner.address, &leaving(learner.employment, ""))
        }),
        row("LeaveEmployment", R::EmploymentState, async |at| {
            let learner = employed(&at, "WITHDRAWN").await;
            Attempt::by(&learner.address, &leaving(learner.employment, ""))
        }),
        row("LeaveEmployment", R::EmploymentEndedByOther, async |at| {
            let learner = at.learner().await;
            let settled = EndEmploymentRequest {
                last_day: "2099-01-01".into(),
                ..ending(learner.employment.clone(), "")
            };
            at.done::<()>("EndEmployment", "owner", &settled).await;
            let request = LeaveEmploymentRequest {
                last_day: "2099-01-01".into(),
                ..leaving(learner.employment, "")
            };
            Attempt::by(&learner.address, &request)
        }),
        row("LeaveEmployment", R::RequestIdReused, async |at| {
            let (learner, id) = (at.learner().await, at.suite.request_id());
            let second = leaving(at.absent("employments"), &id);
            let first = leaving(learner.employment, &id);
            at.reused("LeaveEmployment", &learner.address, &first, &second)
                .await
        }),
    ]
}

/// The same of both sides.
fn taken_back() -> Vec<Row> {
    let ended_by = async |at: &Stage, learner: &Learner, side: &str, hours: u8| {
        let id = last(&learner.employment);
        let statement = format!(
            "UPDATE employments SET state = 'ENDED', ended_by = '{side}', last_day = '2026-01-01', end_reason = 'left',
                    end_time = now() - interval '{hours} hours' WHERE employment_id = '{id}'"
        );
        at.database("employment").await.change(&statement).await;
    };
    let by_organization = |name: String, request_id: &str| UndoEndEmploymentRequest {
        name,
        request_id: request_id.into(),
    };
    let by_person = |name: String, request_id: &str| UndoLeaveEmploymentRequest {
        name,
        request_id: request_id.into(),
    };
    vec![
        row("UndoEndEmployment", R::NotFound, async move |at| {
            Attempt::by("owner", &by_organization(at.absent("employments"), ""))
        }),
        row("UndoEndEmployment", R::OrganizationNotActive, async move |at| {
            let learner = of_closed(&at).await;
            Attempt::by("owner", &by_organization(learner.employment, "")).metadata("state", "CLOSED")
        }),
        row("UndoEndEmployment", R::EmploymentEndedByOther, async move |at| {
            let learner = at.learner().await;
            ended_by(&at, &learner, "PERSON", 1).await;
            Attempt::by("owner", &by_organization(learner.employment, ""))
        }),
        row("UndoEndEmployment", R::UndoTooLate, async move |at| {
            let learner = at.learner().await;
            ended_by(&at, &learner, "ORGANIZATION", 25).await;
            Attempt::by("owner", &by_organization(learner.employment, ""))
        }),
        row("UndoEndEmployment", R::EmploymentSuperseded, async move |at| {
            let learner = superseded(&at).await;
            ended_by(&at, &learner, "ORGANIZATION", 1).await;
            Attempt::by("owner", &by_organization(learner.employment, ""))
        }),
        row("UndoEndEmployment", R::EmploymentState, async move |at| {
            let learner = employed(&at, "WITHDRAWN").await;
            Attempt::by("owner", &by_organization(learner.employment, ""))
        }),
        row("UndoEndEmployment", R::EmploymentRejected, async move |at| {
            let learner = employed(&at, "REJECTED").await;
            Attempt::by("owner", &by_organization(learner.employment, ""))
        }),
        row("UndoEndEmployment", R::RequestIdReused, async move |at| {
            let (learner, id) = (at.learner().await, at.suite.request_id());
            let second = by_organization(at.absent("employments"), &id);
            let first = by_organization(learner.employment, &id);
            at.reused("UndoEndEmployment", "owner", &first, &second).await
        }),
        row("UndoLeaveEmployment", R::NotFound, async move |at| {
            Attempt::by("learner-1", &by_person(at.learner().await.employment, ""))
        }),
        row("UndoLeaveEmployment", R::OrganizationNotActive, async move |at| {
            let learner = of_closed(&at).await;
            Attempt::by(&learner.address, &by_person(learner.employment, "")).metadata("state", "CLOSED")
        }),
        row(
            "UndoLeaveEmployment",
            R::EmploymentEndedByOther,
            async move |at| {
                let learner = at.learner().await;
                ended_by(&at, &learner, "ORGANIZATION", 1).await;
                Attempt::by(&learner.address, &by_person(learner.employment, ""))
            },
        ),
        row("UndoLeaveEmployment", R::UndoTooLate, async move |at| {
            let learner = at.learner().await;
            ended_by(&at, &learner, "PERSON", 25).await;
            Attempt::by(&learner.address, &by_person(learner.employment, ""))
        }),
        row("UndoLeaveEmployment", R::EmploymentSuperseded, async move |at| {
            let learner = superseded(&at).await;
            ended_by(&at, &learner, "PERSON", 1).await;
            Attempt::by(&learner.address, &by_person(learner.employment, ""))
        }),
        row("UndoLeaveEmployment", R::EmploymentState, async move |at| {
            let learner = employed(&at, "WITHDRAWN").await;
            Attempt::by(&learner.address, &by_person(learner.employment, ""))
        }),
        row("UndoLeaveEmployment", R::EmploymentRejected, async move |at| {
            let learner = employed(&at, "REJECTED").await;
            Attempt::by(&learner.address, &by_person(learner.employment, ""))
        }),
        row("UndoLeaveEmployment", R::RequestIdReused, async move |at| {
            let (learner, id) = (at.learner().await, at.suite.request_id());
            let second = by_person(at.absent("employments"), &id);
            let first = by_person(learner.employment, &id);
            at.reused("UndoLeaveEmployment", &learner.address, &first, &second)
                .await
        }),
    ]
}

fn leaving(name: String, request_id: &str) -> LeaveEmploymentRequest {
    LeaveEmploymentRequest {
        name,
        reason: "left".into(),
        request_id: request_id.into(),
        last_day: String::new(),
    }
}

fn placing(name: String, groups: &[String]) -> PlaceEmploymentRequest {
    PlaceEmploymentRequest {
        employment: Some(Employment {
            name,
            groups: groups.to_vec(),
            ..Default::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["groups".into()],
        }),
        request_id: String::new(),
    }
}

fn decided_and_listed() -> Vec<Row> {
    vec![
        row("GetEmployment", R::NotFound, async |at| {
            let name = at.absent("employments");
            Attempt::by("owner", &GetEmploymentRequest { name })
        }),
        row("VerifyEmployment", R::NotFound, async |at| {
            Attempt::by("owner", &verifying(at.absent("employments"), ""))
        }),
        row("VerifyEmployment", R::OwnEmployment, async |at| {
            Attempt::by("owner", &verifying(owners(&at).await, ""))
        }),
        row("VerifyEmployment", R::EmploymentState, async |at| {
            let name = employed(&at, "WITHDRAWN").await.employment;
            Attempt::by("owner", &verifying(name, ""))
        }),
        row("VerifyEmployment", R::EmploymentRejected, async |at| {
            let name = employed(&at, "REJECTED").await.employment;
            Attempt::by("owner", &verifying(name, ""))
        }),
        row("VerifyEmployment", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let (first, second) = (at.learner().await.employment, at.learner().await.employment);
            at.reused(
                "VerifyEmployment",
                "owner",
                &verifying(first, &id),
                &verifying(second, &id),
            )
            .await
        }),
        row("PlaceEmployment", R::NotFound, async |at| {
            Attempt::by("owner", &placing(at.absent("employments"), &[]))
        }),
        row("PlaceEmployment", R::InvalidRequest, async |at| {
            let mut request = placing(at.learner().await.employment, &["groups".to_owned()]);
            request.update_mask.as_mut().unwrap().paths.push("state".into());
            let fields = ["update_mask.paths[1]", "employment.groups[0]"];
            Attempt::by("owner", &request).violates(&fields)
        }),
        row("PlaceEmployment", R::EtagMismatch, async |at| {
            let mut request = placing(at.learner().await.employment, &[]);
            request.employment.as_mut().unwrap().etag = "another".into();
            Attempt::by("owner", &request)
        }),
        row("PlaceEmployment", R::GroupUnknown, async |at| {
            let request = placing(at.learner().await.employment, &[at.absent("groups")]);
            Attempt::by("owner", &request).violates(&["employment.groups[0]"])
        }),
        row("PlaceEmployment", R::GroupInactive, async |at| {
            let (learner, group) = (at.learner().await, at.group().await);
            at.deactivates(&group).await;
            Attempt::by("owner", &placing(learner.employment, &[group])).violates(&["employment.groups[0]"])
        }),
        row("PlaceEmployment", R::LocationInactive, async |at| {
            let mut request = placing(at.learner().await.employment, &[]);
            request.employment.as_mut().unwrap().location = at.closed_location().await;
            request.update_mask = Some(FieldMask {
                paths: vec!["location".into()],
            });
            Attempt::by("owner", &request).violates(&["employment.location"])
        }),
        row("PlaceEmployment", R::EmploymentState, async |at| {
            let name = employed(&at, "WITHDRAWN").await.employment;
            Attempt::by("owner", &placing(name, &[]))
        }),
        row("PlaceEmployment", R::EmploymentRejected, async |at| {
            let name = employed(&at, "REJECTED").await.employment;
            Attempt::by("owner", &placing(name, &[]))
        }),
        row("PlaceEmployment", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let again = |name| PlaceEmploymentRequest {
                request_id: id.clone(),
                ..placing(name, &[])
            };
            let first = again(at.learner().await.employment);
            let second = again(at.learner().await.employment);
            at.reused("PlaceEmployment", "owner", &first, &second).await
        }),
        row("EndEmployment", R::NotFound, async |at| {
            Attempt::by("owner", &ending(at.absent("employments"), ""))
        }),
        row("EndEmployment", R::OwnerMustTransfer, async |at| {
            Attempt::by("owner", &ending(owners(&at).await, ""))
        }),
        row("EndEmployment", R::EmploymentGivesAccess, async |at| {
            let name = giving_access(&at).await;
            Attempt::by(&administrator(&at).await, &ending(name, ""))
        }),
        row("EndEmployment", R::EmploymentState, async |at| {
            let name = employed(&at, "WITHDRAWN").await.employment;
            Attempt::by("owner", &ending(name, ""))
        }),
        row("EndEmployment", R::EmploymentRejected, async |at| {
            let name = employed(&at, "REJECTED").await.employment;
            Attempt::by("owner", &ending(name, ""))
        }),
        row("EndEmployment", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let (first, second) = (at.learner().await.employment, at.learner().await.employment);
            at.reused(
                "EndEmployment",
                "owner",
                &ending(first, &id),
                &ending(second, &id),
            )
            .await
        }),
        row("EndEmployment", R::InvalidRequest, async |at| {
            let request = EndEmploymentRequest {
                last_day: "1899-12-31".into(),
                ..ending(at.learner().await.employment, "")
            };
            Attempt::by("owner", &request).violates(&["last_day"])
        }),
        row("EndEmployment", R::EmploymentEndedByOther, async |at| {
            let learner = at.learner().await;
            settle(&at, &learner, "2099-01-01").await;
            let request = EndEmploymentRequest {
                last_day: "2099-01-02".into(),
                ..ending(learner.employment, "")
            };
            Attempt::by("owner", &request)
        }),
        row("ListEmployments", R::PageTokenInvalid, async |at| {
            let request = ListEmploymentsRequest {
                parent: at.name(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("ListPersonEmployments", R::PermissionDenied, async |at| {
            let request = ListPersonEmploymentsRequest {
                parent: format!("persons/{}", at.suite.request_id()),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("ListPersonEmployments", R::PageTokenInvalid, async |_| {
            let request = ListPersonEmploymentsRequest {
                parent: "persons/me".into(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("ListDeliveries", R::InvalidRequest, async |at| {
            let request = ListDeliveriesRequest {
                parent: at.name(),
                subject: "invitations/none".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request).violates(&["subject"])
        }),
        row("ListDeliveries", R::PageTokenInvalid, async |at| {
            let request = ListDeliveriesRequest {
                parent: at.name(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
    ]
}

/// A learner who was never verified.
pub(super) async fn claimed(at: &Stage) -> Learner {
    let learner = employed(at, "PENDING_VERIFICATION").await;
    let id = last(&learner.employment);
    let statement = format!(
        "UPDATE employments SET verify_time = NULL, first_verify_time = NULL WHERE employment_id = '{id}'"
    );
    at.database("employment").await.change(&statement).await;
    learner
}

/// A learner whose employment was put into a state.
pub(super) async fn employed(at: &Stage, state: &str) -> Learner {
    let learner = at.learner().await;
    let id = last(&learner.employment);
    let statement = format!("UPDATE employments SET state = '{state}' WHERE employment_id = '{id}'");
    at.database("employment").await.change(&statement).await;
    learner
}

/// The employment of the owner, which the approval of the profile made.
pub(super) async fn owners(at: &Stage) -> String {
    owner_employment(&at.suite.client("owner"), &at.name()).await
}

fn verifying(name: String, request_id: &str) -> VerifyEmploymentRequest {
    VerifyEmploymentRequest {
        name,
        request_id: request_id.into(),
    }
}

fn ending(name: String, request_id: &str) -> EndEmploymentRequest {
    EndEmploymentRequest {
        name,
        reason: "left".into(),
        request_id: request_id.into(),
        last_day: String::new(),
    }
}
