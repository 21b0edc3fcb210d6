//! The words of the glossary that are not told elsewhere: cancelled, declined, sent again.

use anyhow::{Context, ensure};
use muster_client::acts::invitation::{self, Seen};
use muster_proto::invitation::v1::{InvitationFilter, InvitationOutcome, InvitationState};
use muster_refusal::ErrorReason;

use super::{Provider, invitee};
use crate::expect::expect_refusal;
use crate::report::StepReport;

pub(super) const SENTENCE: &str = "At any time you can use the ⟲ icon to resend the invites to your learners and the × to cancel the invite.";
pub(super) const TITLE: &str = "One invitation is cancelled and its link is broken, one is declined, undone and declined again, the others are sent again";

pub(super) async fn run(provider: &mut Provider<'_>) -> anyhow::Result<StepReport> {
    let mut report = StepReport::default();
    let (owner, organization) = (provider.owner.clone(), provider.organization.clone());
    let scheduled = InvitationFilter {
        states: vec![InvitationState::Prospect.into()],
        ..InvitationFilter::default()
    };
    // By then the mails of the lists have gone out, too.
    provider
        .pending(super::by_hand::NOW + i64::try_from(super::upload::RIGHT + 1)?)
        .await?;
    let (_, seen) = invitation::seen(&owner, &organization, &scheduled).await?;
    let other = Seen {
        etag: "other".to_owned(),
        ..seen.clone()
    };
    let others = invitation::cancel_listed(&owner, &organization, scheduled.clone(), other).await;
    let status = expect_refusal(
        "cancelling others than were seen",
        ErrorReason::InvitationsChanged,
        others,
    )?;
    report.line(format!(
        "cancelling by a filter acts on what was seen: {}",
        status.message()
    ));
    done(
        &invitation::cancel_listed(&owner, &organization, scheduled, seen).await?,
        1,
    )?;
    report.line("Cancelled: the one that waited for tomorrow");

    let (third, fourth) = (provider.learner("hand-3"), provider.learner("hand-4"));
    let pending = provider.listed(&[InvitationState::Pending]).await?;
    let of_third = pending.iter().find(|one| one.address == third);
    let of_third = of_third.context("the third was not invited")?.name.clone();
    done(
        &invitation::batch_cancel(&owner, &organization, vec![of_third]).await?,
        1,
    )?;
    let opened = invitee::follow(provider, &third, "/i/").await;
    let broken = opened.err().context("the link of a cancelled invitation opens")?;
    ensure!(
        format!("{broken:#}").contains("410 Gone"),
        "it is broken otherwise: {broken:#}"
    );
    report.line(
        "Cancelled: one that was mailed; its link is broken, and says that it was taken back (410 Gone)",
    );
    report.link_call("an invitation being cancelled", provider.scenario, &owner);

    let mut browser = invitee::follow(provider, &fourth, "/i/").await?;
    for undone in [true, false] {
        browser.click("to-decline").await?;
        browser.submit("/invitation/decline", None).await?;
        browser.shows("was declined")?;
        if undone {
            browser.submit("/invitation/undo-decline", None).await?;
        }
    }
    let declined = provider.listed(&[InvitationState::Declined]).await?;
    ensure!(
        declined.len() == 1 && declined.iter().all(|one| one.address == fourth),
        "declined are {declined:?}"
    );
    report.line("Declined: by the link alone, taken back, and declined again; the owner sees it");

    let by_hand = InvitationFilter {
        states: vec![InvitationState::Pending.into()],
        address_contains: "learner-hand-".to_owned(),
        ..InvitationFilter::default()
    };
    let left = i32::try_from(super::by_hand::NOW - 2)?;
    let (_, seen) = invitation::seen(&owner, &organization, &by_hand).await?;
    let again = invitation::resend_listed(&owner, &organization, by_hand, seen).await?;
    done(&again, usize::try_from(left)?)?;
    report.line(format!(
        "{left} that wait are sent again at once; their links stay the same"
    ));
    report.link_call("many being sent again", provider.scenario, &owner);
    Ok(report)
}

/// All of so many were done.
fn done(outcomes: &[InvitationOutcome], count: usize) -> anyhow::Result<()> {
    let refused: Vec<&str> = outcomes
        .iter()
        .map(|outcome| outcome.refusal.as_str())
        .filter(|refusal| !refusal.is_empty())
        .collect();
    ensure!(
        outcomes.len() == count && refused.is_empty(),
        "{} of {count} were done: {}",
        outcomes.len() - refused.len(),
        refused.join("; ")
    );
    Ok(())
}
