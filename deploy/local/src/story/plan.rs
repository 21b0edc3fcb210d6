//! Step 2: the owner sets the organization up: a training, a group that requires it, a location.

use muster_proto::organization::v1::catalog_service_client::CatalogServiceClient;
use muster_proto::organization::v1::location_service_client::LocationServiceClient;
use muster_proto::organization::v1::{AddTrainingRequest, CreateLocationRequest, Location};

use super::told::Told;
use super::world::World;
use crate::edge::organization::create_group;
use crate::edge::{Caller, Failed, request_id};

pub(super) const TITLE: &str =
    "The owner adds a training from the catalog, a group that requires it, and a location";

/// The group that the spreadsheet's rows name, and a second one, because rows may name two.
pub(super) const GROUPS: [&str; 2] = ["Lead Teachers", "Infants and Toddlers"];
/// The place that the spreadsheet's rows name.
pub(super) const LOCATION: &str = "Main Street";

pub(super) async fn tell(world: &mut World) -> anyhow::Result<Told> {
    let mut told = Told::default();
    let owner = world.caller("owner")?;
    add_training(&owner, &world.organization, &world.training).await?;
    told.say(format!("{} is in the organization's catalog", world.training));
    told.show_call("the training being added", world, &owner);

    for display_name in GROUPS {
        let trainings = [world.training.clone()];
        let group = create_group(&owner, &world.organization, display_name, &trainings).await?;
        told.say(format!("the group {display_name} requires it"));
        if world.group.is_empty() {
            world.group = group.name;
        }
    }
    told.show_call("the last group being created", world, &owner);
    let location = create_location(&owner, &world.organization).await?;
    told.say(format!("location {}: {}", location.display_name, location.name));
    Ok(told)
}

async fn add_training(owner: &Caller, parent: &str, training: &str) -> Result<(), Failed> {
    let request = AddTrainingRequest {
        parent: parent.to_owned(),
        training: training.to_owned(),
        request_id: request_id(),
    };
    let added = owner.ask(request, async |edge, call| {
        CatalogServiceClient::new(edge).add_training(call).await
    });
    added.await.map(drop)
}

async fn create_location(owner: &Caller, parent: &str) -> Result<Location, Failed> {
    let location = Location {
        display_name: LOCATION.to_owned(),
        ..Location::default()
    };
    let request = CreateLocationRequest {
        parent: parent.to_owned(),
        location: Some(location),
        request_id: request_id(),
    };
    let made = owner.ask(request, async |edge, call| {
        LocationServiceClient::new(edge).create_location(call).await
    });
    Ok(made.await?.location.unwrap_or_default())
}
