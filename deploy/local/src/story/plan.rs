//! The owner sets the organization up: a training, two groups, a location.

use anyhow::Context;
use muster_proto::organization::v1::catalog_service_client::CatalogServiceClient;
use muster_proto::organization::v1::group_service_client::GroupServiceClient;
use muster_proto::organization::v1::location_service_client::LocationServiceClient;
use muster_proto::organization::v1::{
    AddTrainingRequest, CreateGroupRequest, CreateLocationRequest, Group, Location,
};

use super::world::{World, answer};
use super::{Step, Told};

pub(super) const STEP: Step = Step {
    title: "The owner adds a training, a group that requires it, and a location",
    services: &["gateway", "organization", "records"],
    tell,
};

/// The group that the spreadsheet's rows name, and one more.
pub(super) const GROUPS: [&str; 2] = ["Lead Teachers", "Infants and Toddlers"];
/// The place that the spreadsheet's rows name.
pub(super) const LOCATION: &str = "Main Street";

fn tell(world: &mut World) -> Told<'_> {
    Box::pin(async {
        let parent = world.organization.clone();
        let mut catalog = CatalogServiceClient::new(world.edge.clone());
        let request = AddTrainingRequest {
            parent: parent.clone(),
            training: world.training.clone(),
            request_id: world.request_id(),
        };
        answer(
            "AddTraining",
            catalog.add_training(world.call("owner", request)?).await,
        )?;

        for display_name in GROUPS {
            let group = group(world, display_name).await?;
            if world.group.is_empty() {
                world.group = group.name;
            }
        }
        let mut locations = LocationServiceClient::new(world.edge.clone());
        let location = Location {
            display_name: LOCATION.to_owned(),
            ..Location::default()
        };
        let request = CreateLocationRequest {
            parent,
            location: Some(location),
            request_id: world.request_id(),
        };
        answer(
            "CreateLocation",
            locations.create_location(world.call("owner", request)?).await,
        )?;
        Ok(vec![format!(
            "groups {} and {}, location {LOCATION}; both groups require {}",
            GROUPS[0], GROUPS[1], world.training
        )])
    })
}

async fn group(world: &World, display_name: &str) -> anyhow::Result<Group> {
    let mut groups = GroupServiceClient::new(world.edge.clone());
    let group = Group {
        display_name: display_name.to_owned(),
        trainings: vec![world.training.clone()],
        ..Group::default()
    };
    let request = CreateGroupRequest {
        parent: world.organization.clone(),
        group: Some(group),
        request_id: world.request_id(),
    };
    let made = answer(
        "CreateGroup",
        groups.create_group(world.call("owner", request)?).await,
    )?;
    made.group.context("the answer has no group")
}
