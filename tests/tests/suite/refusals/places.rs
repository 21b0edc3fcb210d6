//! Groups and locations.

use muster_proto::organization::v1::{
    AddTrainingRequest, CreateGroupRequest, CreateLocationRequest, CreateLocationResponse,
    DeactivateCatalogTrainingRequest, DeactivateGroupRequest, DeactivateLocationRequest,
    GetCatalogTrainingRequest, GetGroupRequest, GetLocationRequest, Group, ListCatalogTrainingsRequest,
    ListGroupsRequest, ListLocationsRequest, Location, ReactivateCatalogTrainingRequest,
    ReactivateGroupRequest, ReactivateLocationRequest, UpdateGroupRequest, UpdateLocationRequest,
};
use muster_refusal::ErrorReason as R;
use prost::Message;
use prost_types::FieldMask;

use super::attempt::Attempt;
use super::stage::Stage;
use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = groups();
    rows.extend(read());
    rows.extend(all_switched());
    rows.extend(updated_groups());
    rows.extend(locations());
    rows.extend(updated_locations());
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
        row("CreateGroup", R::TrainingInactive, async |at| {
            let mut request = group(&at, "Nurses", "");
            request.group.as_mut().unwrap().trainings = vec![at.taken().await, at.retired().await];
            Attempt::by("owner", &request).violates(&["group.trainings[1]"])
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

/// What is only read.
fn read() -> Vec<Row> {
    vec![
        row("GetGroup", R::NotFound, async |at| {
            let name = at.absent("groups");
            Attempt::by("owner", &GetGroupRequest { name })
        }),
        row("GetCatalogTraining", R::NotFound, async |at| {
            let name = at.absent("catalogTrainings");
            Attempt::by("owner", &GetCatalogTrainingRequest { name })
        }),
        row("GetLocation", R::NotFound, async |at| {
            let name = at.absent("locations");
            Attempt::by("owner", &GetLocationRequest { name })
        }),
        row("ListLocations", R::PageTokenInvalid, async |at| {
            let request = ListLocationsRequest {
                parent: at.name(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("ListCatalogTrainings", R::PageTokenInvalid, async |at| {
            let request = ListCatalogTrainingsRequest {
                parent: at.name(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
    ]
}

/// What is deactivated, and activated again.
#[derive(Clone, Copy)]
enum Switched {
    Group,
    Location,
    Training,
}

impl Switched {
    async fn made(self, at: &Stage) -> String {
        match self {
            Switched::Group => at.group().await,
            Switched::Location => at.location().await,
            Switched::Training => at.own_training(&at.taken().await),
        }
    }

    fn absent(self, at: &Stage) -> String {
        at.absent(match self {
            Switched::Group => "groups",
            Switched::Location => "locations",
            Switched::Training => "catalogTrainings",
        })
    }
}

fn all_switched() -> Vec<Row> {
    use Switched::{Group, Location, Training};
    let mut rows = switched(Group, "DeactivateGroup", |name, request_id| {
        DeactivateGroupRequest { name, request_id }
    });
    rows.extend(switched(Group, "ReactivateGroup", |name, request_id| {
        ReactivateGroupRequest { name, request_id }
    }));
    rows.extend(switched(Location, "DeactivateLocation", |name, request_id| {
        DeactivateLocationRequest { name, request_id }
    }));
    rows.extend(switched(Location, "ReactivateLocation", |name, request_id| {
        ReactivateLocationRequest { name, request_id }
    }));
    rows.extend(switched(
        Training,
        "DeactivateCatalogTraining",
        |name, request_id| DeactivateCatalogTrainingRequest { name, request_id },
    ));
    rows.extend(switched(
        Training,
        "ReactivateCatalogTraining",
        |name, request_id| ReactivateCatalogTrainingRequest { name, request_id },
    ));
    rows
}

fn switched<M: Message + 'static>(
    what: Switched,
    rpc: &'static str,
    request: fn(String, String) -> M,
) -> Vec<Row> {
    vec![
        row(rpc, R::OrganizationState, async move |at| {
            let at = at.own().await;
            let made = what.made(&at).await;
            at.becomes("CLOSED").await;
            Attempt::by("owner", &request(made, String::new())).metadata("state", "CLOSED")
        }),
        row(rpc, R::NotFound, async move |at| {
            Attempt::by("owner", &request(what.absent(&at), String::new()))
        }),
        row(rpc, R::RequestIdReused, async move |at| {
            let id = at.suite.request_id();
            let (first, second) = (what.made(&at).await, what.made(&at).await);
            let (first, second) = (request(first, id.clone()), request(second, id));
            at.reused(rpc, "owner", &first, &second).await
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

/// The group with this name, to be called otherwise.
fn renaming(name: String, display_name: &str, request_id: &str) -> UpdateGroupRequest {
    UpdateGroupRequest {
        group: Some(Group {
            name,
            display_name: display_name.into(),
            ..Default::default()
        }),
        update_mask: Some(mask(&["display_name"])),
        request_id: request_id.into(),
    }
}

fn mask(paths: &[&str]) -> FieldMask {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    FieldMask { paths }
}

fn updated_groups() -> Vec<Row> {
    vec![
        row("UpdateGroup", R::GroupNameTaken, async |at| {
            let group = at.group().await;
            Attempt::by("owner", &renaming(group, "Teachers", ""))
        }),
        row("UpdateGroup", R::TrainingNotInCatalog, async |at| {
            let mut request = renaming(at.group().await, "", "");
            request.group.as_mut().unwrap().trainings = vec![at.training().await];
            request.update_mask = Some(mask(&["trainings"]));
            Attempt::by("owner", &request).violates(&["group.trainings[0]"])
        }),
        row("UpdateGroup", R::TrainingInactive, async |at| {
            let mut request = renaming(at.group().await, "", "");
            request.group.as_mut().unwrap().trainings = vec![at.retired().await];
            request.update_mask = Some(mask(&["trainings"]));
            Attempt::by("owner", &request).violates(&["group.trainings[0]"])
        }),
        row("UpdateGroup", R::OrganizationState, async |at| {
            let at = at.own().await;
            let group = at.group().await;
            at.becomes("CLOSED").await;
            Attempt::by("owner", &renaming(group, "Nurses", "")).metadata("state", "CLOSED")
        }),
        row("UpdateGroup", R::EtagMismatch, async |at| {
            let mut request = renaming(at.group().await, "Late", "");
            request.group.as_mut().unwrap().etag = "another".into();
            Attempt::by("owner", &request)
        }),
        row("UpdateGroup", R::NotFound, async |at| {
            Attempt::by("owner", &renaming(at.absent("groups"), "Nobody", ""))
        }),
        row("UpdateGroup", R::InvalidRequest, async |at| {
            let mut request = renaming(at.group().await, "", "seven");
            request.update_mask = Some(mask(&["display_name", "state"]));
            let fields = ["group.display_name", "request_id", "update_mask.paths[1]"];
            Attempt::by("owner", &request).violates(&fields)
        }),
        row("UpdateGroup", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let group = at.group().await;
            let first = renaming(group.clone(), &format!("A {id}"), &id);
            let second = renaming(group, &format!("B {id}"), &id);
            at.reused("UpdateGroup", "owner", &first, &second).await
        }),
    ]
}

/// A location of the row's own, to be called otherwise.
async fn renamed(at: &Stage, display_name: &str, request_id: &str) -> UpdateLocationRequest {
    let made = location(at, &format!("Room {}", at.suite.unique()), "");
    let made: CreateLocationResponse = at.done("CreateLocation", "owner", &made).await;
    UpdateLocationRequest {
        location: Some(Location {
            display_name: display_name.into(),
            etag: String::new(),
            ..made.location.unwrap()
        }),
        update_mask: Some(mask(&["display_name"])),
        request_id: request_id.into(),
    }
}

fn updated_locations() -> Vec<Row> {
    vec![
        row("UpdateLocation", R::LocationNameTaken, async |at| {
            let at = at.own().await;
            at.done::<()>("CreateLocation", "owner", &location(&at, "Upstairs", ""))
                .await;
            Attempt::by("owner", &renamed(&at, "Upstairs", "").await)
        }),
        row("UpdateLocation", R::OrganizationState, async |at| {
            let at = at.own().await;
            let request = renamed(&at, "Downstairs", "").await;
            at.becomes("REJECTED").await;
            Attempt::by("owner", &request).metadata("state", "REJECTED")
        }),
        row("UpdateLocation", R::EtagMismatch, async |at| {
            let mut request = renamed(&at, "Late", "").await;
            request.location.as_mut().unwrap().etag = "another".into();
            Attempt::by("owner", &request)
        }),
        row("UpdateLocation", R::NotFound, async |at| {
            let mut request = renamed(&at, "Nowhere", "").await;
            request.location.as_mut().unwrap().name = at.absent("locations");
            Attempt::by("owner", &request)
        }),
        row("UpdateLocation", R::InvalidRequest, async |at| {
            let mut request = renamed(&at, "", "seven").await;
            request.update_mask = Some(mask(&["display_name", "*"]));
            let fields = ["location.display_name", "request_id", "update_mask.paths[1]"];
            Attempt::by("owner", &request).violates(&fields)
        }),
        row("UpdateLocation", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let first = renamed(&at, &format!("A {id}"), &id).await;
            let mut second = first.clone();
            second.location.as_mut().unwrap().display_name = format!("B {id}");
            at.reused("UpdateLocation", "owner", &first, &second).await
        }),
    ]
}
