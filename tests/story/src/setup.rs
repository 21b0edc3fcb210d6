//! Step 2: the owner sets the organization up: a training, a group that requires it, a location.

use muster_client::acts::{catalog, group, location};

use super::report::StepReport;
use super::scenario::Scenario;

pub(super) const TITLE: &str =
    "The owner adds a training from the catalog, a group that requires it, and a location";

/// The group that the spreadsheet's rows name, and a second one, because rows may name two.
pub(super) const GROUPS: [&str; 2] = ["Lead Teachers", "Infants and Toddlers"];
/// The location that the spreadsheet's rows name.
pub(super) const LOCATION: &str = "Main Street";

pub(super) async fn run(scenario: &mut Scenario) -> anyhow::Result<StepReport> {
    let mut report = StepReport::default();
    let owner = scenario.caller("owner")?;
    let organization = scenario.organization.clone();
    catalog::add_training(&owner, &organization, &scenario.training).await?;
    report.line(format!("{} is in the organization's catalog", scenario.training));
    report.link_call("the training being added", scenario, &owner);

    for display_name in GROUPS {
        let trainings = [scenario.training.clone()];
        let group = group::create(&owner, &organization, display_name, &trainings).await?;
        report.line(format!("the group {display_name} requires it"));
        if scenario.group.is_empty() {
            scenario.group = group.name;
        }
    }
    report.link_call("the last group being created", scenario, &owner);
    let location = location::create(&owner, &organization, LOCATION).await?;
    report.line(format!("location {}: {}", location.display_name, location.name));
    Ok(report)
}
