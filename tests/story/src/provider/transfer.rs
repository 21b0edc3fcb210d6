//! Progress that began before: the learner moves it, and registry staff do between two sign-ins.

use anyhow::{Context, ensure};
use muster_client::acts::{record, training};
use muster_local::suite::LEARNING_SYSTEM;
use muster_proto::records::v1::ListProgressRequest;

use super::Provider;
use crate::consent::own_assignment;
use crate::report::StepReport;

pub(super) const SENTENCE: &str = "If any learner has already started their training on their individual account before associating AND is active, reach out to our help desk who can help transfer their progress.";
pub(super) const TITLE: &str = "A learner moves what they began by themself, staff move what was begun under another sign-in, and the owner says until when it is due";

pub(super) async fn run(provider: &mut Provider<'_>) -> anyhow::Result<StepReport> {
    let mut report = StepReport::default();
    let learner = provider.scenario.newcomer(&provider.learner("list-2")).await?;
    let learning_system = provider.scenario.caller(LEARNING_SYSTEM)?;
    let assigned = own_assignment(&learner, &provider.organization).await?;
    let assigned = assigned.context("nothing is assigned")?;

    let own = record::take_training(&learner, &assigned.training).await?;
    training::report_progress(&learning_system, &own.name, 30).await?;
    let moved = record::transfer_progress(&learner, &own.name, &assigned.name).await?;
    ensure!(
        moved.progress_percent == 30,
        "it is at {} % after it was moved",
        moved.progress_percent
    );
    report.line("the learner had begun by themself, and goes on for the organization at 30 %");
    report.link_call("the learner's training", provider.scenario, &learner);

    let other_address = provider.learner("list-2-before");
    let other = provider.scenario.newcomer(&other_address).await?;
    let begun = record::take_training(&other, &assigned.training).await?;
    training::report_progress(&learning_system, &begun.name, 60).await?;
    let why = "the learner asked by telephone, and named what each of the two sign-ins shows";
    let moved = record::move_progress(&provider.staff, &begun.name, &assigned.name, why).await?;
    ensure!(
        moved.progress_percent == 60,
        "it is at {} % after staff moved it",
        moved.progress_percent
    );
    let told = record::list_own_transfers(&other).await?;
    ensure!(
        told.first().is_some_and(|transfer| transfer.reason == why),
        "the other sign-in does not read why"
    );
    report.line("what was begun under another sign-in counts, too: 60 %, and both read why it was moved");

    let named = provider.named(&assigned.name);
    let due = record::assign_training(&provider.owner, &named, &assigned.training, "2100-12-31").await?;
    ensure!(
        due.progress_percent == 60 && due.due_date == "2100-12-31" && !due.is_late,
        "a day that is said changes more than the day"
    );
    let request = ListProgressRequest {
        parent: provider.organization.clone(),
        training: assigned.training.clone(),
        ..ListProgressRequest::default()
    };
    let progress = record::list_progress(&provider.owner, request).await?;
    ensure!(
        progress.entries.iter().any(|entry| entry.learner == named),
        "the owner's list of progress has them not"
    );
    report.line("the owner says until when it is due, and sees how far everybody is");
    report.link_call("the owner seeing progress", provider.scenario, &provider.owner);
    Ok(report)
}
