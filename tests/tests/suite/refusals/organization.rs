//! The organization's catalog, and what organization tells other services.

use muster_proto::organization::v1::{
    AddTrainingRequest, GetAssigningContextRequest, GetDirectorRequest, GetInvitingContextRequest,
    GetOpenJoinPageRequest, GetProfileUserContactRequest, ListInvitingGroupsRequest,
    ListInvitingLocationsRequest,
};
use muster_refusal::ErrorReason as R;

use super::attempt::Attempt;
use super::{Row, row};

const ABSENT: &str = "organizations/00000000-0000-7000-8000-000000000000";

fn adding(parent: String, training: String, request_id: &str) -> AddTrainingRequest {
    AddTrainingRequest {
        parent,
        training,
        request_id: request_id.into(),
    }
}

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("AddTraining", R::TrainingUnknown, async |at| {
            let absent = format!("trainings/{}", at.suite.request_id());
            Attempt::by("owner", &adding(at.name(), absent, ""))
        }),
        row("AddTraining", R::OrganizationState, async |at| {
            let at = at.own().await;
            at.becomes("CLOSED").await;
            Attempt::by("owner", &adding(at.name(), at.training().await, "")).metadata("state", "CLOSED")
        }),
        row("AddTraining", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let first = adding(at.name(), at.training().await, &id);
            let second = adding(at.name(), at.training().await, &id);
            at.reused("AddTraining", "owner", &first, &second).await
        }),
        row("GetDirector", R::NotFound, async |_| {
            Attempt::by_nobody(&GetDirectorRequest {
                organization: ABSENT.into(),
            })
        }),
        row("GetProfileUserContact", R::NotFound, async |_| {
            Attempt::by_nobody(&GetProfileUserContactRequest {
                organization: ABSENT.into(),
                person: "persons/00000000-0000-5000-8000-000000000000".into(),
            })
        }),
        row("GetInvitingContext", R::NotFound, async |_| {
            Attempt::by_nobody(&GetInvitingContextRequest {
                organization: ABSENT.into(),
                ..Default::default()
            })
        }),
        row("GetAssigningContext", R::NotFound, async |_| {
            Attempt::by_nobody(&GetAssigningContextRequest {
                organization: ABSENT.into(),
                training: "trainings/00000000-0000-7000-8000-000000000000".into(),
                ..Default::default()
            })
        }),
        row("GetOpenJoinPage", R::NotFound, async |_| {
            Attempt::by_nobody(&GetOpenJoinPageRequest {
                slug: "nowhere".into(),
                ..Default::default()
            })
        }),
        row("ListInvitingGroups", R::PageTokenInvalid, async |at| {
            let request = ListInvitingGroupsRequest {
                organization: at.name(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by_nobody(&request)
        }),
        row("ListInvitingLocations", R::PageTokenInvalid, async |at| {
            let request = ListInvitingLocationsRequest {
                organization: at.name(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by_nobody(&request)
        }),
    ]
}

/// While the shared catalog is away.
pub(super) fn rows_that_disturb() -> Vec<Row> {
    vec![row("AddTraining", R::Unavailable, async |at| {
        let absent = format!("trainings/{}", at.suite.request_id());
        let suite = at.suite.clone();
        Attempt::by("owner", &adding(at.name(), absent, "")).each_time(move || {
            suite.signal("records", "KILL");
        })
    })]
}
