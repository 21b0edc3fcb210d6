//! Accepting: somebody who has an account, and somebody who registers.

use anyhow::{Context, ensure};
use muster_client::acts::{catalog, employment, record, training};
use muster_proto::employment::v1::EmploymentState;
use muster_proto::invitation::v1::InvitationState;
use muster_proto::records::v1::{Assignment, Training};

use super::{Provider, SOON, invitee};
use crate::consent::own_assignment;
use crate::expect::{unless_unavailable, wait_until};
use crate::report::StepReport;

pub(super) const SENTENCE: &str = "Active - The learner has accepted your invite, was added to the group you assigned, and automatically assigned the training attached to the group.";
pub(super) const TITLE: &str = "One who has an account and one who registers accept; both are employed, in their group, with its training; one of them gets another group and another training by hand";

pub(super) async fn run(provider: &mut Provider<'_>) -> anyhow::Result<StepReport> {
    let mut report = StepReport::default();
    let (known, new) = (provider.learner("hand-1"), provider.learner("list-2"));
    // Has signed in before.
    provider.scenario.newcomer(&known).await?;
    let mut person = String::new();
    for address in [&known, &new] {
        let how = if address == &known {
            invitee::accept(provider, address, 1).await?;
            "signed in, accepted"
        } else {
            invitee::register(provider, address, "Nora Newcomer", 1).await?;
            "registered, came back to the invitation, accepted"
        };
        let learner = provider.scenario.newcomer(address).await?;
        let employed = wait_until("the employment is verified", "employment", SOON, async || {
            let own = unless_unavailable(employment::list_own(&learner).await)?.unwrap_or_default();
            let mut here = own
                .into_iter()
                .filter(|one| one.name.starts_with(&provider.organization));
            Ok(here.find(|one| one.state() == EmploymentState::Verified))
        })
        .await?;
        let assigned = wait_until("the training is assigned", "records", SOON, async || {
            let found = own_assignment(&learner, &provider.organization).await;
            Ok(unless_unavailable(found)?.flatten())
        })
        .await?;
        report.line(format!(
            "{address} {how}, and has to take {}",
            assigned.training_display_name
        ));
        report.link_call("the learner seeing the training", provider.scenario, &learner);
        if address == &known {
            provider.employment = employed.name;
            person = assigned.name;
        }
    }
    let both = employment::place(&provider.owner, &provider.employment, &provider.groups).await?;
    ensure!(
        both.groups.len() == provider.groups.len(),
        "an additional group is not there: {:?}",
        both.groups
    );
    report.line("the owner adds one of them to the other group as well, once they have associated");
    report.link_call("the owner adding a group", provider.scenario, &provider.owner);
    let learner = provider.named(&person);
    let assigned = by_hand(provider, &learner).await?;
    let (whose, _) = person.split_once("/assignments/").unwrap_or_default();
    let id = assigned.name.rsplit('/').next().unwrap_or_default();
    provider.by_hand = format!("{whose}/assignments/{id}");
    report.line(format!(
        "and assigns {} to them by hand, which no group requires",
        assigned.training_display_name
    ));
    report.link_call(
        "the owner assigning a training",
        provider.scenario,
        &provider.owner,
    );
    let active = provider.listed(&[InvitationState::Active]).await?;
    let of = |address: &str| active.iter().find(|one| one.address == address);
    for address in [&known, &new] {
        let one = of(address).context("an accepted invitation is not Active")?;
        ensure!(
            !one.person_display_name.is_empty(),
            "an accepted invitation shows no name"
        );
    }
    report.line("Active: the owner sees both, now with their names");
    report.link_call("the owner seeing names", provider.scenario, &provider.owner);
    Ok(report)
}

/// A further training of the organization's catalog, for this learner alone.
async fn by_hand(provider: &Provider<'_>, learner: &str) -> anyhow::Result<Assignment> {
    let wanted = Training {
        code: format!("FA-{}", provider.scenario.run),
        display_name: "First Aid".to_owned(),
        ..Training::default()
    };
    let training = training::create(&provider.staff, wanted, "asked for by the authority")
        .await?
        .name;
    catalog::add_training(&provider.owner, &provider.organization, &training).await?;
    Ok(record::assign_training(&provider.owner, learner, &training, "").await?)
}
