//! Step 6: what the owner may see before and after the learner consents, and who sees that.

use anyhow::Context;
use muster_client::acts::{record, training};
use muster_client::{CallError, Client};
use muster_local::suite::LEARNING_SYSTEM;
use muster_proto::records::v1::Assignment;
use muster_refusal::ErrorReason;

use super::expect::expect_refusal;
use super::report::StepReport;
use super::scenario::Scenario;
use super::spreadsheet::LEARNER;

pub(super) const TITLE: &str =
    "The owner sees progress, and the record only with consent; the learner sees who read it";

pub(super) async fn run(scenario: &mut Scenario) -> anyhow::Result<StepReport> {
    let mut report = StepReport::default();
    let (owner, learner) = (scenario.caller("owner")?, scenario.caller(LEARNER)?);
    let learning_system = scenario.caller(LEARNING_SYSTEM)?;
    let learner_name = scenario.learner_of_organization();
    let own = own_assignment(&learner, &scenario.organization).await?;
    let own = own.context("the learner has no assignment of this organization")?;
    training::report_progress(&learning_system, &own.name, 40).await?;
    report.line(format!(
        "the owner sees the training that the organization assigned: {} %",
        progress(&owner, &learner_name).await?
    ));
    report.link_call("the owner seeing progress", scenario, &owner);

    let result = record::get(&owner, &learner_name).await;
    let status = expect_refusal(
        "the whole record without consent",
        ErrorReason::GrantRequired,
        result,
    )?;
    report.line(format!("the rest of the record is refused: {}", status.message()));
    report.link_call("the record being refused", scenario, &owner);

    record::grant(&learner, &scenario.organization).await?;
    training::report_progress(&learning_system, &own.name, 100).await?;
    report.line(format!(
        "the learner consents; the learning system reports completion: certificate {}",
        certificate(&learner, &scenario.organization).await?
    ));

    let read = record::get(&owner, &learner_name).await?;
    report.line(format!(
        "now the owner reads the record: {} assignments, {} certificates",
        read.assignments.len(),
        read.certificates.len()
    ));
    report.link_call("the record being read", scenario, &owner);
    report.line(format!(
        "the learner sees who read it: {}, for {}",
        reader(&learner, &scenario.organization).await?,
        scenario.display_name
    ));
    report.link_call("the learner seeing who read it", scenario, &learner);
    Ok(report)
}

/// The assignment that an organization gave the caller, if there is one.
pub(super) async fn own_assignment(
    learner: &Client,
    organization: &str,
) -> Result<Option<Assignment>, CallError> {
    let mut assignments = record::list_own_assignments(learner).await?.into_iter();
    Ok(assignments.find(|it| it.organization == organization))
}

async fn progress(owner: &Client, learner: &str) -> anyhow::Result<i32> {
    let assignments = record::list_assignments(owner, learner).await?;
    let first = assignments.first().context("the owner sees no assignment")?;
    Ok(first.progress_percent)
}

async fn certificate(learner: &Client, organization: &str) -> anyhow::Result<String> {
    let mut certificates = record::list_own_certificates(learner).await?.into_iter();
    let here = certificates.find(|it| it.organization == organization);
    Ok(here.context("there is no certificate")?.certificate_number)
}

async fn reader(learner: &Client, organization: &str) -> anyhow::Result<String> {
    let mut accesses = record::list_own_accesses(learner).await?.into_iter();
    let here = accesses.find(|it| it.organization == organization);
    Ok(here.context("the reading was not logged")?.reader_display_name)
}
