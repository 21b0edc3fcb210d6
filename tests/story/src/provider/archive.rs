//! In the end, a learner leaves: what was begun goes on, and what was issued stays.

use anyhow::{Context, ensure};
use muster_client::acts::{employment, invitation, record, training};
use muster_local::suite::LEARNING_SYSTEM;
use muster_proto::employment::v1::EmploymentState;
use muster_proto::invitation::v1::{Invitation, InvitationState};
use muster_refusal::ErrorReason;

use super::{Provider, SOON, invitee};
use crate::consent::own_assignment;
use crate::expect::{unless_unavailable, wait_until};
use crate::report::StepReport;

pub(super) const SENTENCE: &str = "Archived - Disconnected from your organization. Archived learners will retain access to any in-progress training currently assigned to them. Admins will not see in-progress data but will retain all data about previous organization issued certificates to that specific learner.";
pub(super) const TITLE: &str = "A learner who has completed one training and begun another is archived: the one goes on out of the owner's sight, the certificate of the other stays; coming back takes a new invitation";

pub(super) async fn run(provider: &mut Provider<'_>) -> anyhow::Result<StepReport> {
    let mut report = StepReport::default();
    let owner = provider.owner.clone();
    let address = provider.learner("hand-1");
    let learner = provider.scenario.newcomer(&address).await?;
    let learning_system = provider.scenario.caller(LEARNING_SYSTEM)?;
    let assigned = record::list_own_assignments(&learner).await?;
    let mut others = assigned.into_iter().filter(|one| one.name != provider.by_hand);
    let begun = others.find(|one| one.organization == provider.organization);
    let begun = begun.context("nothing is assigned by the group")?;
    let seen = provider.named(&begun.name);
    training::report_progress(&learning_system, &provider.by_hand, 100).await?;
    training::report_progress(&learning_system, &begun.name, 40).await?;
    let issued = record::list_issued(&owner, &provider.organization, &seen).await?;
    ensure!(
        issued.len() == 1,
        "{} certificates were issued, not one",
        issued.len()
    );
    report.line("the learner has completed one training, with a certificate, and is at 40 % of another");
    employment::end(&owner, &provider.employment, "left the team", "").await?;
    wait_until("the invitation is archived", "invitation", SOON, async || {
        let archived = provider.listed(&[InvitationState::Archived]).await?;
        Ok(archived.iter().any(|one| one.address == address).then_some(()))
    })
    .await?;
    report.line("Archived: the owner has ended the employment");
    report.link_call("the owner seeing it", provider.scenario, &owner);
    invitee::follow(provider, &address, "/i/")
        .await?
        .shows("This invitation is no longer open")?;

    let learners = provider.learners(&address).await?;
    report.line(format!("the Learners page has everybody once: {learners}"));

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
    let own = certificates.iter().find(|one| one.organization.is_empty());
    let own = own.context("there is no certificate of the learner's own")?;
    report.line(format!(
        "the learner goes on all the same, and completes it: certificate {}",
        own.certificate_number
    ));
    report.link_call("the learner's certificate", provider.scenario, &learner);
    let stays = record::list_issued(&owner, &provider.organization, &seen).await?;
    ensure!(
        stays == issued,
        "what the organization issued is not what it was: {stays:?}"
    );
    report.line(format!(
        "the owner still sees what the organization issued, and only that: certificate {}",
        issued
            .first()
            .map(|one| one.certificate_number.as_str())
            .unwrap_or_default()
    ));
    report.link_call("what was issued", provider.scenario, &owner);
    comes_back(provider, &address, &mut report).await?;
    Ok(report)
}

/// By a new invitation, as somebody new.
async fn comes_back(provider: &Provider<'_>, address: &str, report: &mut StepReport) -> anyhow::Result<()> {
    let owner = &provider.owner;
    let learner = provider.scenario.newcomer(address).await?;
    let wanted = Invitation {
        address: address.to_owned(),
        groups: provider.groups.iter().take(1).cloned().collect(),
        ..Invitation::default()
    };
    let back = invitation::create(owner, &provider.organization, wanted).await?;
    ensure!(
        back.state() == InvitationState::Prospect,
        "coming back is {:?}",
        back.state()
    );
    // Was invited, and then invited again, before.
    invitee::accept(provider, address, 3).await?;
    let employed = wait_until("the learner is employed again", "employment", SOON, async || {
        let own = unless_unavailable(employment::list_own(&learner).await)?.unwrap_or_default();
        let mut verified = own
            .into_iter()
            .filter(|one| one.state() == EmploymentState::Verified);
        Ok(verified.find(|one| one.name.starts_with(&provider.organization)))
    })
    .await?;
    ensure!(
        employed.name != provider.employment,
        "the former employment goes on"
    );
    let anew = wait_until("the training is assigned again", "records", SOON, async || {
        let found = unless_unavailable(own_assignment(&learner, &provider.organization).await)?.flatten();
        Ok(found.filter(|one| one.name != provider.by_hand))
    })
    .await?;
    ensure!(
        anew.progress_percent == 0,
        "coming back begins at {} %",
        anew.progress_percent
    );
    report.line("coming back takes a new invitation, from Prospect on; the group's training begins anew");
    report.link_call("the learner being back", provider.scenario, &learner);
    Ok(())
}
