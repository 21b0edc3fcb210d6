//! In the end, a learner leaves: what was begun goes on.

use anyhow::{Context, ensure};
use muster_client::acts::{employment, invitation, record, training};
use muster_local::suite::LEARNING_SYSTEM;
use muster_proto::invitation::v1::{Invitation, InvitationState};
use muster_refusal::ErrorReason;

use super::{Provider, SOON};
use crate::consent::own_assignment;
use crate::expect::{unless_unavailable, wait_until};
use crate::report::StepReport;

pub(super) const SENTENCE: &str = "Archived - Disconnected from your organization. Archived learners will retain access to any in-progress training currently assigned to them.";
pub(super) const TITLE: &str = "A learner who has begun is archived: the training goes on out of the owner's sight, and coming back takes a new invitation";

pub(super) async fn run(provider: &mut Provider<'_>) -> anyhow::Result<StepReport> {
    let mut report = StepReport::default();
    let owner = provider.owner.clone();
    let address = provider.learner("hand-1");
    let learner = provider.scenario.newcomer(&address).await?;
    let learning_system = provider.scenario.caller(LEARNING_SYSTEM)?;
    let begun = own_assignment(&learner, &provider.organization).await?;
    let begun = begun.context("nothing is assigned")?;
    training::report_progress(&learning_system, &begun.name, 40).await?;
    report.line("the learner is at 40 %");
    employment::end(&owner, &provider.employment, "left the team", "").await?;
    wait_until("the invitation is archived", "invitation", SOON, async || {
        let archived = provider.listed(&[InvitationState::Archived]).await?;
        Ok(archived.iter().any(|one| one.address == address).then_some(()))
    })
    .await?;
    report.line("Archived: the owner has ended the employment");
    report.link_call("the owner seeing it", provider.scenario, &owner);

    let learners = provider.learners(&address).await?;
    report.line(format!("the Learners page has everybody once: {learners}"));

    let person = begun.name.split("/assignments/").next().unwrap_or_default();
    let seen = format!(
        "{}/learners/{}",
        provider.organization,
        person.trim_start_matches("persons/")
    );
    wait_until(
        "the owner sees no progress any more",
        "records",
        SOON,
        async || match record::list_assignments(&owner, &seen).await {
            Ok(assignments) => Ok(assignments.is_empty().then_some(())),
            Err(failed) if failed.reason() == Some(ErrorReason::NotFound) => Ok(Some(())),
            Err(failed) => Ok(unless_unavailable(Err::<(), _>(failed))?),
        },
    )
    .await?;
    report.line("the owner sees nothing of what is in progress any more");
    training::report_progress(&learning_system, &begun.name, 100).await?;
    let certificates = record::list_own_certificates(&learner).await?;
    let certificate = certificates.first().context("there is no certificate")?;
    report.line(format!(
        "the learner goes on all the same, and completes it: certificate {}",
        certificate.certificate_number
    ));
    report.link_call("the learner's certificate", provider.scenario, &learner);

    let wanted = Invitation {
        address,
        groups: provider.groups.iter().take(1).cloned().collect(),
        ..Invitation::default()
    };
    let back = invitation::create(&owner, &provider.organization, wanted).await?;
    ensure!(
        back.state() == InvitationState::Prospect,
        "coming back is {:?}",
        back.state()
    );
    report.line("coming back takes a new invitation, which begins as Prospect");
    Ok(report)
}
