//! Step 1: an owner creates a profile; registry staff approve it; a second one with the same license is refused.

use anyhow::ensure;
use muster_proto::organization::v1::OrganizationState;
use muster_refusal::ErrorReason;
use tonic_types::StatusExt;

use super::patience::refused;
use super::told::Told;
use super::world::World;
use crate::edge::organization::{approve, create, submit, subscribe};

pub(super) const TITLE: &str =
    "The owner creates an organization; registry staff approve it and set its premium plan";

pub(super) async fn tell(world: &mut World) -> anyhow::Result<Told> {
    let mut told = Told::default();
    let owner = world.sign_in("owner").await?;
    told.say("the owner signed in at the issuer");
    told.show("the issuer and its people", &world.addresses.issuer);
    let license = format!("dc-{}", world.run);
    let begun = create(&owner, "Sunrise Early Learning", &license).await?;
    submit(&owner, &begun.name).await?;
    told.show_call("the profile being submitted", world, &owner);

    let staff = world.caller("staff")?;
    let approved = approve(&staff, &begun.name, "license checked with the authority").await?;
    told.show_call("the profile being approved", world, &staff);
    ensure!(
        approved.state() == OrganizationState::Active,
        "an approved organization is {:?}",
        approved.state()
    );
    told.say(format!(
        "{} ({}) is ACTIVE: license {}, organization number {}",
        approved.display_name, approved.name, approved.license_number, approved.organization_number,
    ));
    second(world, &mut told, &license, &approved.organization_number).await?;

    // Registry's part of step 0: a plan is an organization's, and this is the first moment that there is one.
    let limits = subscribe(&staff, &approved.name, 5000, "annual subscription paid").await?;
    told.say(format!(
        "its premium plan: {} invitations by hand, {} rows a spreadsheet, {} messages a day",
        limits.invitations_by_hand, limits.import_rows, limits.messages_per_day
    ));
    world.display_name = approved.display_name;
    world.organization = approved.name;
    Ok(told)
}

/// Somebody else tries a profile of the same license.
async fn second(world: &mut World, told: &mut Told, license: &str, number: &str) -> anyhow::Result<()> {
    let outsider = world.sign_in("outsider").await?;
    let other = create(&outsider, "Sunset Early Learning", license).await?;
    let status = refused(
        "a second profile of the license",
        ErrorReason::LicenseNumberTaken,
        submit(&outsider, &other.name).await,
    )?;
    told.show_call("the second being refused", world, &outsider);
    let info = status.get_details_error_info();
    let pointed = info.and_then(|info| info.metadata.get("organization_number").cloned());
    ensure!(
        pointed.as_deref() == Some(number),
        "the refusal does not point to the first profile"
    );
    told.say(format!("a second profile is refused: {}", status.message()));
    Ok(())
}
