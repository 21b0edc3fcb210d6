//! A profile for each license: created, handed in, returned, corrected, approved.

use anyhow::{Context, ensure};
use muster_client::acts::{history, organization, review, subscription};
use muster_proto::organization::v1::{
    Limits, ListHistoryEntriesRequest, ListLicenseNumbersRequest, ListSubmissionsRequest, Organization,
    OrganizationReturnReason, OrganizationState, OrganizationType, ReviewState, SetupState, Submission,
};
use muster_refusal::ErrorReason;
use tonic_types::StatusExt;

use super::{Guide, programme};
use crate::expect::expect_refusal;
use crate::report::StepReport;

pub(super) const SENTENCE: &str =
    "A separate organization profile should be created for each license number.";
pub(super) const TITLE: &str =
    "The owner creates a profile for each license, corrects what staff return, and is approved";

const PREMIUM: Limits = Limits {
    invitations_by_hand: 10,
    import_rows: 500,
    messages_per_day: 5000,
};

pub(super) async fn run(guide: &mut Guide<'_>) -> anyhow::Result<StepReport> {
    let mut report = StepReport::default();
    let (director, staff) = (&guide.director, &guide.staff);
    let first = format!("gd-{}", guide.scenario.run);
    let draft = organization::create(director, profile("Sunrise", &first)).await?;
    organization::submit(director, &draft.name).await?;
    let why = [OrganizationReturnReason::NameMismatch];
    let said = "the license says Sunrise Early Learning";
    let returned = organization::give_back(staff, &draft.name, &why, said).await?;
    ensure!(
        returned.state() == OrganizationState::Returned,
        "it was not returned"
    );
    report.line(format!(
        "registry staff return the profile: {}",
        returned.decision_reason
    ));
    report.link_call("the profile being returned", guide.scenario, staff);
    let corrected = Organization {
        name: draft.name.clone(),
        display_name: "Sunrise Early Learning".to_owned(),
        ..Organization::default()
    };
    organization::update(director, corrected, &["display_name"]).await?;
    organization::submit(director, &draft.name).await?;
    let waiting = submission(guide, &draft.name).await?;
    report.line(format!(
        "handed in again, it waits in the list of registry staff: returned {} time before",
        waiting.return_count
    ));
    let approved = organization::approve(staff, &draft.name, "license checked").await?;
    report.line(format!(
        "corrected and handed in again, it is ACTIVE: {}, organization number {}",
        approved.display_name, approved.organization_number
    ));
    report.link_call("the profile being approved", guide.scenario, staff);

    let second = profile("Sunrise at the Park", &format!("gp-{}", guide.scenario.run));
    let second = organization::create(director, second).await?;
    organization::submit(director, &second.name).await?;
    organization::approve(staff, &second.name, "license checked").await?;
    let own = organization::list_own(director).await?;
    let names: Vec<&str> = own.iter().map(|one| one.display_name.as_str()).collect();
    ensure!(own.len() == 2, "the owner has {} organizations, not 2", own.len());
    report.line(format!(
        "a second license, a second profile; the owner finds both: {}",
        names.join(", ")
    ));

    let stranger = guide
        .scenario
        .newcomer(&guide.scenario.address("stranger"))
        .await?;
    let third = organization::create(&stranger, profile("Sunset", &first)).await?;
    let status = expect_refusal(
        "a profile with a number that is held",
        ErrorReason::LicenseNumberTaken,
        organization::submit(&stranger, &third.name).await,
    )?;
    let info = status.get_details_error_info();
    let pointed = info.and_then(|info| info.metadata.get("organization_number").cloned());
    ensure!(
        pointed.as_deref() == Some(approved.organization_number.as_str()),
        "the refusal does not point to the profile that holds the number"
    );
    report.line(format!("the same number again is refused: {}", status.message()));
    report.link_call("the number being refused", guide.scenario, &stranger);

    programme::claim(guide, &mut report).await?;

    subscription::activate(staff, &draft.name, PREMIUM, "annual subscription paid").await?;
    let left = organization::setup_checklist(director, &draft.name).await?;
    let next = left.items.iter().find(|item| item.state() == SetupState::ToDo);
    let next = next.context("a new organization has nothing to set up")?;
    report.line(format!("what is left to set up begins with: {}", next.hint));
    let reviewed = review::confirm(director, &draft.name, 0).await?;
    ensure!(
        reviewed.state() == ReviewState::Current,
        "a review that was confirmed is {:?}",
        reviewed.state()
    );
    report.line(format!(
        "the owner looks through {} things and confirms the review of the profile",
        reviewed.items.len()
    ));
    renew(guide, &mut report, &second.name).await?;
    begin(guide, &mut report).await?;
    guide.number = approved.organization_number;
    guide.organization = draft.name;
    guide.second = second.name;
    Ok(report)
}

/// As staff find it among all that was handed in, page by page.
async fn submission(guide: &Guide<'_>, profile: &str) -> anyhow::Result<Submission> {
    let mut page_token = String::new();
    loop {
        let request = ListSubmissionsRequest {
            page_token,
            ..ListSubmissionsRequest::default()
        };
        let page = organization::list_submissions(&guide.staff, request).await?;
        let is_it = |one: &Submission| one.organization.as_ref().is_some_and(|one| one.name == profile);
        if let Some(found) = page.submissions.into_iter().find(is_it) {
            return Ok(found);
        }
        page_token = page.next_page_token;
        ensure!(!page_token.is_empty(), "what was handed in is in no list");
    }
}

/// The authority gives the second site another number, and the history tells who wrote it down.
async fn renew(guide: &Guide<'_>, report: &mut StepReport, site: &str) -> anyhow::Result<()> {
    let (director, staff) = (&guide.director, &guide.staff);
    let (number, why) = (
        format!("gq-{}", guide.scenario.run),
        "a new number for the same address",
    );
    organization::renew_license(staff, site, &number, why).await?;
    let request = ListLicenseNumbersRequest {
        parent: site.to_owned(),
        ..ListLicenseNumbersRequest::default()
    };
    let numbers = organization::list_license_numbers(director, request)
        .await?
        .license_numbers;
    let is_dated = numbers.len() == 2 && numbers[0].end_time.is_none() && numbers[1].end_time.is_some();
    ensure!(is_dated, "the numbers are {numbers:?}");
    report.line(format!(
        "a new number for the same address: {} takes the place of {}, dated",
        numbers[0].license_number, numbers[1].license_number
    ));
    let request = ListHistoryEntriesRequest {
        parent: site.to_owned(),
        ..ListHistoryEntriesRequest::default()
    };
    let entries = history::list(director, request).await?.history_entries;
    let newest = entries.first().context("the site has no history")?;
    ensure!(newest.reason == why, "the history begins with {newest:?}");
    report.line(format!(
        "the history of the site has {} entries; the newest is by {}, because: {}",
        entries.len(),
        newest.actor,
        newest.reason
    ));
    report.link_call("the history being read", guide.scenario, director);
    Ok(())
}

/// A site that is being set up is approved before it has a license, and gets its first number later.
async fn begin(guide: &Guide<'_>, report: &mut StepReport) -> anyhow::Result<()> {
    let (founder, staff) = (
        guide
            .scenario
            .newcomer(&guide.scenario.address("founder"))
            .await?,
        &guide.staff,
    );
    let start_up = Organization {
        r#type: OrganizationType::StartUp.into(),
        ..profile("Little Sprouts", "")
    };
    let draft = organization::create(&founder, start_up).await?;
    organization::submit(&founder, &draft.name).await?;
    let approved = organization::approve(staff, &draft.name, "the plans are sound").await?;
    ensure!(
        approved.license_number.is_empty(),
        "a start-up has the number {}",
        approved.license_number
    );
    let (number, why) = (format!("gs-{}", guide.scenario.run), "its first license");
    let kind = OrganizationType::DirectCare;
    let licensed = organization::give_first_license(staff, &draft.name, kind, &number, why).await?;
    ensure!(licensed.r#type() == kind, "it is {:?}", licensed.r#type());
    report.line(format!(
        "a start-up, {}, is approved without a license, and gets its first number later: {}",
        licensed.display_name, licensed.license_number
    ));
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
