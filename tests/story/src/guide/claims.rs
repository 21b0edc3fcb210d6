//! People say where they work, and let their director read their record in the same breath.

use anyhow::{Context, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use muster_client::Client;
use muster_client::acts::{employment, record};
use muster_proto::employment::v1::{EmploymentClaim, EmploymentState};
use muster_proto::records::v1::{Grant, GrantState};

use super::{Guide, SOON, Worker, programme};
use crate::expect::wait_until;
use crate::report::StepReport;

pub(super) const SENTENCE: &str = "Grant your organization access to your learning record. If you work at multiple sites, you can add employment for each site.";
pub(super) const TITLE: &str =
    "Workers claim their employments, one of them at two sites, and grant access to their records";

/// How many claim, beside the director, who was verified with the profile.
const WORKERS: usize = 302;
/// How many of them are at it at the same time.
const CONCURRENCY: usize = 8;

pub(super) async fn run(guide: &mut Guide<'_>) -> anyhow::Result<StepReport> {
    let mut report = StepReport::default();
    let first = newcomer(guide, 0).await?;
    let found = programme::search(&first, &format!("gd-{}", guide.scenario.run)).await?;
    let found = found
        .first()
        .context("the organization is not found by its license number")?;
    report.line(format!(
        "the first worker finds {}, and says so",
        found.display_name
    ));
    ensure!(
        found.organization == guide.organization,
        "what is found is {}, and not {}",
        found.organization,
        guide.organization
    );
    let sites = vec![at(&found.organization), at(&guide.second)];
    let (claimed, grants) = employment::claim_granting(&first, sites).await?;
    ensure!(claimed.len() == 2, "two sites are {} employments", claimed.len());
    report.line("they claim two sites in one step, and each waits by itself");
    let given = wait_until("both grants are there", "records", SOON, async || {
        let own = record::list_own_grants(&first).await?;
        let named = |grant: &Grant| grants.contains(&grant.name);
        let given: Vec<Grant> = own.into_iter().filter(named).collect();
        Ok((given.len() == grants.len()).then_some(given))
    })
    .await?;
    ensure!(
        given
            .iter()
            .all(|grant| grant.is_of_claim && grant.state() == GrantState::Active),
        "what came with the claims is {given:?}"
    );
    report.line(format!(
        "in the same step they let both read their record: {}; that sleeps until they are verified",
        grants.join(" and ")
    ));
    report.link_call(
        "two sites being claimed, with the consent",
        guide.scenario,
        &first,
    );
    let here = claimed.into_iter().next().context("nothing was claimed")?;
    guide.workers.push(Worker {
        client: first,
        person: here.person,
        employment: here.name,
    });

    let others = stream::iter(1..WORKERS).map(|number| claims(guide, number));
    let others: Vec<Worker> = others.buffered(CONCURRENCY).try_collect().await?;
    guide.workers.extend(others);
    report.line(format!("{WORKERS} workers wait to be verified"));
    Ok(report)
}

/// One more says where they work.
async fn claims(guide: &Guide<'_>, number: usize) -> anyhow::Result<Worker> {
    let client = newcomer(guide, number).await?;
    let claimed = employment::claim(&client, vec![at(&guide.organization)]).await?;
    let claim = claimed.into_iter().next().context("nothing was claimed")?;
    ensure!(
        claim.state() == EmploymentState::PendingVerification,
        "a claim is {:?}",
        claim.state()
    );
    Ok(Worker {
        client,
        person: claim.person,
        employment: claim.name,
    })
}

async fn newcomer(guide: &Guide<'_>, number: usize) -> anyhow::Result<Client> {
    let address = guide.scenario.address(&format!("worker-{number}"));
    guide.scenario.newcomer(&address).await
}

fn at(organization: &str) -> EmploymentClaim {
    EmploymentClaim {
        organization: organization.to_owned(),
        ..EmploymentClaim::default()
    }
}
