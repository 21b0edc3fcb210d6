//! Step 1: an owner creates a profile; registry staff approve it; a second one with the same license is refused.

use anyhow::ensure;
use muster_client::acts::{organization, subscription};
use muster_proto::organization::v1::{Limits, Organization, OrganizationState};
use muster_refusal::ErrorReason;
use tonic_types::StatusExt;

use super::expect::expect_refusal;
use super::report::StepReport;
use super::scenario::Scenario;

pub(super) const TITLE: &str =
    "The owner creates an organization; registry staff approve it and set its premium plan";

const PREMIUM: Limits = Limits {
    invitations_by_hand: 10,
    import_rows: 500,
    messages_per_day: 5000,
};

pub(super) async fn run(scenario: &mut Scenario) -> anyhow::Result<StepReport> {
    let mut report = StepReport::default();
    let owner = scenario.sign_in("owner").await?;
    report.line("the owner signed in at the issuer");
    report.link("the issuer and its people", &scenario.addresses.issuer);
    let license = format!("dc-{}", scenario.run);
    let draft = organization::create(&owner, profile("Sunrise Early Learning", &license)).await?;
    organization::submit(&owner, &draft.name).await?;
    report.link_call("the profile being submitted", scenario, &owner);

    let staff = scenario.caller("staff")?;
    let approved = organization::approve(&staff, &draft.name, "license checked with the authority").await?;
    report.link_call("the profile being approved", scenario, &staff);
    ensure!(
        approved.state() == OrganizationState::Active,
        "an approved organization is {:?}",
        approved.state()
    );
    report.line(format!(
        "{} ({}) is ACTIVE: license {}, organization number {}",
        approved.display_name, approved.name, approved.license_number, approved.organization_number,
    ));
    second(scenario, &mut report, &license, &approved.organization_number).await?;

    // Registry's part of step 0: a plan is an organization's, and this is the first moment that there is one.
    let plan = subscription::activate(&staff, &approved.name, PREMIUM, "annual subscription paid").await?;
    let limits = plan.limits.unwrap_or_default();
    report.line(format!(
        "its premium plan: {} invitations by hand, {} rows a spreadsheet, {} messages a day",
        limits.invitations_by_hand, limits.import_rows, limits.messages_per_day
    ));
    scenario.display_name = approved.display_name;
    scenario.organization = approved.name;
    Ok(report)
}

/// Somebody else tries a profile of the same license.
async fn second(
    scenario: &mut Scenario,
    report: &mut StepReport,
    license: &str,
    number: &str,
) -> anyhow::Result<()> {
    let outsider = scenario.sign_in("outsider").await?;
    let other = organization::create(&outsider, profile("Sunset Early Learning", license)).await?;
    let status = expect_refusal(
        "a second profile of the license",
        ErrorReason::LicenseNumberTaken,
        organization::submit(&outsider, &other.name).await,
    )?;
    report.link_call("the second being refused", scenario, &outsider);
    let info = status.get_details_error_info();
    let pointed = info.and_then(|info| info.metadata.get("organization_number").cloned());
    ensure!(
        pointed.as_deref() == Some(number),
        "the refusal does not point to the first profile"
    );
    report.line(format!("a second profile is refused: {}", status.message()));
    Ok(())
}

fn profile(display_name: &str, license: &str) -> Organization {
    Organization {
        display_name: display_name.to_owned(),
        licensing_authority: "us-mi".to_owned(),
        license_number: license.to_owned(),
        ..Organization::default()
    }
}
