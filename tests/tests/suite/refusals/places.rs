//! Groups and locations.

use muster_proto::organization::v1::{
    AddTrainingRequest, CreateGroupRequest, CreateLocationRequest, Group, ListGroupsRequest, Location,
};
use muster_refusal::ErrorReason as R;

use super::attempt::Attempt;
use super::stage::Stage;
use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = groups();
    rows.extend(locations());
    rows
}

fn group(at: &Stage, display_name: &str, request_id: &str) -> CreateGroupRequest {
    CreateGroupRequest {
        parent: at.name(),
        group: Some(Group {
            display_name: display_name.into(),
            ..Default::default()
        }),
        request_id: request_id.into(),
    }
}

fn groups() -> Vec<Row> {
    vec![
        row("CreateGroup", R::GroupNameTaken, async |at| {
            Attempt::by("owner", &group(&at, "Teachers", ""))
        }),
        row("CreateGroup", R::TrainingNotInCatalog, async |at| {
            let (one, held, other) = (at.training().await, at.training().await, at.training().await);
            let request = AddTrainingRequest {
                parent: at.name(),
                training: held.clone(),
                request_id: String::new(),
            };
            at.done::<()>("AddTraining", "owner", &request).await;
            let mut request = group(&at, "Nurses", "");
            request.group.as_mut().unwrap().trainings = vec![one, held, other];
            Attempt::by("owner", &request).violates(&["group.trainings[0]", "group.trainings[2]"])
        }),
        row("CreateGroup", R::TooManyGroups, async |at| {
            let at = at.own().await;
            let (columns, values) = ("group_id, state, version", "gen_random_uuid(), 'ACTIVE', 1");
            at.fills("groups", columns, values).await;
            Attempt::by("owner", &group(&at, "Nurses", "")).quota(1001, 1000)
        }),
        row("CreateGroup", R::OrganizationState, async |at| {
            let at = at.own().await;
            at.becomes("REJECTED").await;
            Attempt::by("owner", &group(&at, "Nurses", "")).metadata("state", "REJECTED")
        }),
        row("CreateGroup", R::InvalidRequest, async |at| {
            let request = group(&at, "", "seven");
            Attempt::by("owner", &request).violates(&["group.display_name", "request_id"])
        }),
        row("CreateGroup", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let (first, second) = (
                group(&at, &format!("A {id}"), &id),
                group(&at, &format!("B {id}"), &id),
            );
            at.reused("CreateGroup", "owner", &first, &second).await
        }),
        row("ListGroups", R::PageTokenInvalid, async |at| {
            let request = ListGroupsRequest {
                parent: at.name(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
    ]
}

fn location(at: &Stage, display_name: &str, request_id: &str) -> CreateLocationRequest {
    CreateLocationRequest {
        parent: at.name(),
        location: Some(Location {
            display_name: display_name.into(),
            ..Default::default()
        }),
        request_id: request_id.into(),
    }
}

fn locations() -> Vec<Row> {
    vec![
        row("CreateLocation", R::LocationNameTaken, async |at| {
            let request = location(&at, "Upstairs", "");
            at.done::<()>("CreateLocation", "owner", &request).await;
            Attempt::by("owner", &request)
        }),
        row("CreateLocation", R::TooManyLocations, async |at| {
            let at = at.own().await;
            at.fills("locations", "location_id", "gen_random_uuid()").await;
            Attempt::by("owner", &location(&at, "Upstairs", "")).quota(1000, 1000)
        }),
        row("CreateLocation", R::OrganizationState, async |at| {
            let at = at.own().await;
            at.becomes("CLOSED").await;
            Attempt::by("owner", &location(&at, "Upstairs", "")).metadata("state", "CLOSED")
        }),
        row("CreateLocation", R::InvalidRequest, async |at| {
            Attempt::by("owner", &location(&at, "", "seven"))
                .violates(&["location.display_name", "request_id"])
        }),
        row("CreateLocation", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let (first, second) = (
                location(&at, &format!("A {id}"), &id),
                location(&at, &format!("B {id}"), &id),
            );
            at.reused("CreateLocation", "owner", &first, &second).await
        }),
    ]
}
