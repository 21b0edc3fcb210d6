//! In the end, an organization is closed.

use anyhow::{Context, ensure};
use muster_client::acts::{employment, organization};
use muster_proto::employment::v1::EmploymentState;
use muster_proto::organization::v1::OrganizationState;

use super::{Guide, SOON};
use crate::expect::wait_until;
use crate::report::StepReport;

pub(super) const SENTENCE: &str =
    "A separate organization profile should be created for each license number.";
pub(super) const TITLE: &str =
    "The second site is given up: its owner closes it, and everybody's employment there ends";

pub(super) async fn run(guide: &mut Guide<'_>) -> anyhow::Result<StepReport> {
    let mut report = StepReport::default();
    let closed = organization::close(&guide.director, &guide.second, "the site was given up").await?;
    ensure!(
        closed.state() == OrganizationState::Closed,
        "a closed organization is {:?}",
        closed.state()
    );
    report.line(format!(
        "{} is CLOSED: {}",
        closed.display_name, closed.decision_reason
    ));
    report.link_call("the organization being closed", guide.scenario, &guide.director);
    let worker = &guide.workers.first().context("nobody works here")?.client;
    let ended = wait_until("the employment there has ended", "employment", SOON, async || {
        let own = employment::list_own(worker).await?;
        let there = own.into_iter().find(|one| one.name.starts_with(&guide.second));
        Ok(there.filter(|one| one.state() == EmploymentState::Ended))
    })
    .await?;
    report.line(format!(
        "the worker's claim there has ended: {}",
        ended.end_reason
    ));
    let here = employment::list_own(worker).await?;
    ensure!(
        here.iter()
            .any(|one| one.name.starts_with(&guide.organization) && one.state() == EmploymentState::Verified),
        "the employment at the other site is gone, too"
    );
    report.line("the one at the first site goes on");
    Ok(report)
}
