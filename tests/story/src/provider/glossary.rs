//! The words of the glossary that are not told elsewhere, as both sides see them: prospect, pending, cancelled, declined, expired; and
//! what becomes of links.

use anyhow::{Context, ensure};
use muster_client::acts::invitation::{self, Seen};
use muster_proto::invitation::v1::{Invitation, InvitationFilter, InvitationOutcome, InvitationState};
use muster_refusal::ErrorReason;

use super::setup::NAME;
use super::{Provider, by_hand, invitee, passing, upload};
use crate::browser::Browser;
use crate::expect::expect_refusal;
use crate::report::StepReport;

pub(super) const SENTENCE: &str = "At any time you can use the ⟲ icon to resend the invites to your learners and the × to cancel the invite.";
pub(super) const TITLE: &str = "Both sides see each word: one that waits is cancelled, one is sent again and its link exchanged and broken, one is declined, undone and declined again, one expires, the others are sent again";

const PROSPECT: &str =
    "Prospect - Invite is attempting to be sent to the listed email. Once delivered it moves to pending";
const PENDING: &str = "Pending - Invite has been sent via email, waiting for your learner to accept.";
const CANCELLED: &str = "Cancelled - After clicking the × the status will update to cancel the invite (breaking the link you sent).";
const DECLINED: &str = "Declined - Invite not accepted and was declined on the learner’s side";

/// What is shown to whom nothing waits for.
const NOTHING: &str = "No invitation to your confirmed addresses waits for an answer.";

pub(super) async fn run(provider: &mut Provider<'_>) -> anyhow::Result<StepReport> {
    let mut report = StepReport::default();
    // By then the mails of the lists have gone out, too.
    let sent = by_hand::NOW + i64::try_from(upload::RIGHT + 1)?;
    provider.pending(sent).await?;
    waits(provider, &mut report).await?;
    links(provider, &mut report).await?;
    declines(provider, &mut report).await?;
    expires(provider, &mut report).await?;

    let (owner, organization) = (&provider.owner, &provider.organization);
    let filter = InvitationFilter {
        states: vec![InvitationState::Pending.into()],
        address_contains: "learner-hand-".to_owned(),
        ..InvitationFilter::default()
    };
    let left = usize::try_from(by_hand::NOW - 3)?;
    let (_, seen) = invitation::seen(owner, organization, &filter).await?;
    let again = invitation::resend_listed(owner, organization, filter, seen).await?;
    done(&again, left)?;
    report.line(format!("{left} that wait are sent again at once"));
    report.link_call("many being sent again", provider.scenario, owner);
    Ok(report)
}

/// Prospect, until tomorrow: the invitee sees nothing of it; the owner takes it back, by what they saw.
async fn waits(provider: &Provider<'_>, report: &mut StepReport) -> anyhow::Result<()> {
    report.quote(PROSPECT);
    let (owner, organization) = (&provider.owner, &provider.organization);
    let scheduled = InvitationFilter {
        states: vec![InvitationState::Prospect.into()],
        ..InvitationFilter::default()
    };
    let (waiting, seen) = invitation::seen(owner, organization, &scheduled).await?;
    let one = waiting.first().context("nobody waits for tomorrow")?;
    invitee::account(provider, &one.address).await?.shows(NOTHING)?;
    report.line("Prospect: the owner sees it, and the invitee nothing before its time");
    let other = Seen {
        etag: "other".to_owned(),
        ..seen.clone()
    };
    let others = invitation::cancel_listed(owner, organization, scheduled.clone(), other).await;
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
        &invitation::cancel_listed(owner, organization, scheduled, seen).await?,
        1,
    )?;
    report.line("Cancelled: the one that waited for tomorrow");
    Ok(())
}

/// Pending: sent again it has the same link, exchanged the old one is dead, cancelled it is broken.
async fn links(provider: &Provider<'_>, report: &mut StepReport) -> anyhow::Result<()> {
    report.quote(PENDING);
    let (owner, addresses) = (&provider.owner, &provider.scenario.addresses);
    let address = provider.learner("hand-3");
    let invited = pending(provider, &address).await?;
    invitee::account(provider, &address).await?.shows(NAME)?;
    report.line("Pending: the owner sees it, and so does the invitee, in their account and by the link");

    let first = invitee::link(provider, &address, "/i/", 1).await?;
    invitation::resend(owner, &invited.name, false).await?;
    let again = invitee::link(provider, &address, "/i/", 2).await?;
    ensure!(again == first, "sent again it has another link");
    report.line("sent again it has the same link");
    invitation::resend(owner, &invited.name, true).await?;
    let other = invitee::link(provider, &address, "/i/", 3).await?;
    ensure!(other != first, "the link is the old one");
    is_gone(provider, &first).await?;
    Browser::open(addresses, &other).await?.shows("invites you")?;
    report.line("exchanged it has another, and the old link says so (410 Gone)");

    report.quote(CANCELLED);
    let cancelled = invitation::batch_cancel(owner, &provider.organization, vec![invited.name]).await?;
    done(&cancelled, 1)?;
    report.link_call("an invitation being cancelled", provider.scenario, owner);
    is_gone(provider, &other).await?;
    invitee::account(provider, &address).await?.shows(NOTHING)?;
    let owners = provider.listed(&[InvitationState::Cancelled]).await?;
    ensure!(
        owners.iter().any(|one| one.address == address),
        "the owner does not see it cancelled"
    );
    report.line(
        "Cancelled: its link is broken, and says that it was taken back (410 Gone); the account has it no more",
    );
    Ok(())
}

/// Declined: by the link alone, taken back, and declined again.
async fn declines(provider: &Provider<'_>, report: &mut StepReport) -> anyhow::Result<()> {
    report.quote(DECLINED);
    let address = provider.learner("hand-4");
    let mut browser = invitee::follow(provider, &address, "/i/").await?;
    for undone in [true, false] {
        browser.click("to-decline").await?;
        browser.submit("/invitation/decline", None).await?;
        browser.shows("was declined")?;
        if undone {
            browser.submit("/invitation/undo-decline", None).await?;
            browser.shows("invites you")?;
        }
    }
    let declined = provider.listed(&[InvitationState::Declined]).await?;
    ensure!(
        declined.len() == 1 && declined.iter().all(|one| one.address == address),
        "declined are {declined:?}"
    );
    report.line("Declined: by the link alone, taken back, and declined again; the owner sees it");
    Ok(())
}

/// Expired: thirty days after the sending.
async fn expires(provider: &Provider<'_>, report: &mut StepReport) -> anyhow::Result<()> {
    let address = provider.learner("hand-6");
    let invited = pending(provider, &address).await?;
    passing::thirty_days(provider, &invited.name).await?;
    let expired = provider.listed(&[InvitationState::Expired]).await?;
    ensure!(
        expired.len() == 1 && expired.iter().all(|one| one.address == address),
        "expired are {expired:?}"
    );
    invitee::follow(provider, &address, "/i/")
        .await?
        .shows("This invitation has expired")?;
    invitee::account(provider, &address)
        .await?
        .shows("It has expired.")?;
    report.line(
        "Expired: one whose thirty days are over (in the database of this suite: no story waits so long); both see it",
    );
    Ok(())
}

/// The invitation of an address that waits for its answer.
async fn pending(provider: &Provider<'_>, address: &str) -> anyhow::Result<Invitation> {
    let pending = provider.listed(&[InvitationState::Pending]).await?;
    let found = pending.into_iter().find(|one| one.address == address);
    found.with_context(|| format!("{address} was not invited"))
}

/// The page behind a link says that it is dead.
async fn is_gone(provider: &Provider<'_>, link: &str) -> anyhow::Result<()> {
    let opened = Browser::open(&provider.scenario.addresses, link).await;
    let broken = opened.err().context("a link that is dead opens")?;
    ensure!(
        format!("{broken:#}").contains("410 Gone"),
        "it is broken otherwise: {broken:#}"
    );
    Ok(())
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
