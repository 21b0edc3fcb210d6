//! The owner says who administers.

use std::time::Duration;

use anyhow::{Context, ensure};
use muster_client::acts::{employment, ownership, profile_user};
use muster_proto::employment::v1::EmploymentClaim;
use muster_proto::organization::v1::{ListProfileUsersRequest, Role};
use muster_refusal::ErrorReason;

use super::{Guide, SOON, Worker};
use crate::expect::{expect_refusal, wait_until};
use crate::report::StepReport;

pub(super) const SENTENCE: &str = "Grant access to an employee from your employees tab.";
pub(super) const TITLE: &str =
    "The owner lets verified employees in, changes a role, removes one, and hands the ownership over";

/// What the edge promises.
const REMOVED: Duration = Duration::from_secs(5);

pub(super) async fn run(guide: &mut Guide<'_>) -> anyhow::Result<StepReport> {
    let mut report = StepReport::default();
    let director = guide.director.clone();
    let stranger = guide
        .scenario
        .newcomer(&guide.scenario.address("claimant"))
        .await?;
    let claim = EmploymentClaim {
        organization: guide.organization.clone(),
        ..EmploymentClaim::default()
    };
    let claimed = employment::claim(&stranger, vec![claim]).await?;
    let person = claimed.first().map(|one| one.person.clone()).unwrap_or_default();
    let early = profile_user::create(&director, &guide.organization, &person, Role::Viewer).await;
    let status = expect_refusal(
        "access before the verification",
        ErrorReason::EmployeeNotVerified,
        early,
    )?;
    report.line(format!("refused before the verification: {}", status.message()));

    let [successor, viewer, ..] = guide.workers.as_slice() else {
        anyhow::bail!("too few work here");
    };
    let user = let_in(guide, successor, Role::Viewer).await?;
    profile_user::change_role(&director, &user, Role::Admin).await?;
    report.line("a verified employee becomes a viewer, and then an admin");
    report.link_call("the role being changed", guide.scenario, &director);
    let removed = let_in(guide, viewer, Role::Viewer).await?;
    ensure!(looks(guide, viewer).await?, "who was let in is refused");
    profile_user::remove(&director, &removed).await?;
    wait_until("who was removed is refused", "gateway", REMOVED, async || {
        Ok((!looks(guide, viewer).await?).then_some(()))
    })
    .await?;
    report.line("another one is let in and removed: the edge refuses them within 5 s");

    let offer = ownership::offer(&director, &guide.organization, &successor.person).await?;
    ownership::accept(&successor.client, &offer.name).await?;
    report.line("the ownership is offered to the admin, who accepts; the former owner is an admin");
    report.link_call("the ownership being accepted", guide.scenario, &successor.client);

    // The new owner lets two more in, one by each way, and one of them leaves.
    let third = guide.workers.get(2).context("too few work here")?;
    let owner = successor.client.clone();
    wait_until("the new owner may decide", "gateway", SOON, async || {
        let made = profile_user::create(&owner, &guide.organization, &third.person, Role::Viewer).await;
        Ok(made.is_ok().then_some(()))
    })
    .await?;
    employment::leave(&third.client, &third.employment, "moved away", "").await?;
    wait_until(
        "access from an employment is gone with it",
        "organization",
        SOON,
        async || Ok((!looks(guide, third).await?).then_some(())),
    )
    .await?;
    let still = profile_user::list(&owner, users_of(guide)).await?.profile_users;
    ensure!(
        still.iter().any(|user| user.person == guide.keeper),
        "access from a request went with somebody else's employment"
    );
    report.line("one leaves: access from an employment is gone with it, access from a request is not");
    Ok(report)
}

/// Adds a worker once the organization has heard that they are verified.
async fn let_in(guide: &Guide<'_>, worker: &Worker, role: Role) -> anyhow::Result<String> {
    wait_until(
        "the organization knows of the employment",
        "organization",
        SOON,
        async || {
            let made = profile_user::create(&guide.director, &guide.organization, &worker.person, role).await;
            match made {
                Ok(user) => Ok(Some(user.name)),
                Err(error) if error.reason() == Some(ErrorReason::EmployeeNotVerified) => Ok(None),
                Err(error) => Err(error.into()),
            }
        },
    )
    .await
}

fn users_of(guide: &Guide<'_>) -> ListProfileUsersRequest {
    ListProfileUsersRequest {
        parent: guide.organization.clone(),
        ..ListProfileUsersRequest::default()
    }
}

/// Whether somebody may look at who administers the organization.
async fn looks(guide: &Guide<'_>, worker: &Worker) -> anyhow::Result<bool> {
    match profile_user::list(&worker.client, users_of(guide)).await {
        Ok(_) => Ok(true),
        Err(error) if error.reason() == Some(ErrorReason::PermissionDenied) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
