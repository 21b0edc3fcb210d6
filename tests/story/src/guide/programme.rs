//! A licensed programme that nobody has registered is found, and claimed.

use anyhow::{Context, ensure};
use muster_client::Client;
use muster_client::acts::{organization, programme};
use muster_proto::organization::v1::{
    LicenseStatus, OrganizationState, ProgrammeAddress, ProgrammeRow, ProgrammeType, RegistryEntry,
    RegistryEntryState, SearchRegistryRequest,
};

use super::Guide;
use crate::report::StepReport;

/// Registry staff load a programme; the director finds it with a typing error in it, and claims it.
pub(super) async fn claim(guide: &Guide<'_>, report: &mut StepReport) -> anyhow::Result<()> {
    let (director, staff) = (&guide.director, &guide.staff);
    let name = format!("Lakeshore Learning {}", guide.scenario.run);
    let row = ProgrammeRow {
        licensing_authority: "us-mi".to_owned(),
        license_number: format!("gl-{}", guide.scenario.run),
        display_name: name.clone(),
        address: Some(ProgrammeAddress {
            street_address: "1 Lakeshore Drive".to_owned(),
            city: "Marquette".to_owned(),
            region: "MI".to_owned(),
            postal_code: "49855".to_owned(),
        }),
        r#type: ProgrammeType::DirectCare.into(),
        license_status: LicenseStatus::Active.into(),
    };
    let load = programme::load(staff, &programme::load_name(), "the authority's list", vec![row]).await?;
    ensure!(load.added_count == 1, "the load was not taken: {load:?}");
    let typed = format!("lakeshroe learning {}", guide.scenario.run);
    let found = search(director, &typed).await?;
    let found = found.into_iter().find(|entry| entry.display_name == name);
    let found = found.context("the programme that staff loaded is not found")?;
    ensure!(
        found.state() == RegistryEntryState::Unregistered,
        "a programme that nobody has is {:?}",
        found.state()
    );
    report.line(format!(
        "a programme that staff loaded is found by “{typed}”: {}, {}",
        found.display_name, found.license_number
    ));
    report.link_call("the programme being found", guide.scenario, director);
    let claimed = programme::claim(director, &found.programme).await?;
    organization::submit(director, &claimed.name).await?;
    let approved = organization::approve(staff, &claimed.name, "license checked").await?;
    ensure!(
        approved.state() == OrganizationState::Active && approved.display_name == name,
        "what was claimed is {:?}",
        approved.state()
    );
    report.line("claimed and approved, it is ACTIVE, under the name that the authority tells");
    report.link_call("the programme being claimed", guide.scenario, director);
    Ok(())
}

/// What the registry finds for these words: the best first.
pub(super) async fn search(person: &Client, text: &str) -> anyhow::Result<Vec<RegistryEntry>> {
    let request = SearchRegistryRequest {
        text: text.to_owned(),
        ..SearchRegistryRequest::default()
    };
    Ok(programme::search(person, request).await?.entries)
}
