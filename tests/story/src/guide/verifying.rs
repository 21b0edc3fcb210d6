//! The director verifies who works there.

use anyhow::{Context, ensure};
use muster_client::acts::employment;
use muster_proto::employment::v1::{EmploymentState, ListEmploymentsRequest, RejectionReason};

use super::Guide;
use crate::report::StepReport;

pub(super) const SENTENCE: &str = "Verify your staff's employment.";
pub(super) const TITLE: &str =
    "The director verifies one, rejects one, who corrects it, and verifies everybody else at once";

pub(super) async fn run(guide: &mut Guide<'_>) -> anyhow::Result<StepReport> {
    let mut report = StepReport::default();
    let director = &guide.director;
    let waiting = waiting(guide).await?;
    ensure!(
        waiting.len() == guide.workers.len(),
        "{} wait, not {}",
        waiting.len(),
        guide.workers.len()
    );
    let [first, second, ..] = guide.workers.as_slice() else {
        anyhow::bail!("too few have claimed");
    };
    employment::verify(director, &first.employment).await?;
    report.line("one of those who wait is verified");
    let rejected = employment::reject(
        director,
        &second.employment,
        RejectionReason::Other,
        "we know nobody of that name",
    )
    .await?;
    let said = rejected
        .rejections
        .last()
        .context("a rejection without a reason")?;
    report.line(format!("one is rejected: {}", said.comment));
    report.link_call("the rejection", guide.scenario, director);
    let corrected = employment::correct(&second.client, &second.employment).await?;
    ensure!(
        corrected.state() == EmploymentState::PendingVerification,
        "a corrected claim is {:?}",
        corrected.state()
    );
    report.line("that person corrects it, and waits again");

    let rest: Vec<String> = self::waiting(guide).await?;
    let count = rest.len();
    let outcomes = employment::verify_all(director, &guide.organization, rest).await?;
    let verified = outcomes
        .iter()
        .filter(|outcome| outcome.state() == EmploymentState::Verified);
    ensure!(
        verified.count() == count,
        "not everybody was verified: {outcomes:?}"
    );
    report.line(format!(
        "the remaining {count} are verified at once, each with an outcome of its own"
    ));
    report.link_call("many being verified", guide.scenario, director);
    Ok(report)
}

/// Who waits to be verified.
async fn waiting(guide: &Guide<'_>) -> anyhow::Result<Vec<String>> {
    let request = ListEmploymentsRequest {
        parent: guide.organization.clone(),
        states: vec![EmploymentState::PendingVerification.into()],
        page_size: 1000,
        ..ListEmploymentsRequest::default()
    };
    let listed = employment::list(&guide.director, request).await?;
    Ok(listed.employments.into_iter().map(|one| one.name).collect())
}
