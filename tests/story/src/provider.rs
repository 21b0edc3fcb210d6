//! `cargo dev story training`: the article *How to invite learners*, in its order, with its sentence above each step.

mod accepting;
mod archive;
mod by_hand;
mod glossary;
mod invitee;
mod page;
mod passing;
mod screens;
mod setup;
mod transfer;
mod upload;
mod workbook;

use std::collections::BTreeSet;

use anyhow::ensure;
use muster_client::Client;
use muster_client::acts::invitation;
use muster_local::outln;
use muster_proto::invitation::v1::{
    Invitation, InvitationState, LearnerOrder, ListInvitationsRequest, ListLearnersRequest,
};

use super::expect::{SOON, unless_unavailable, wait_until};
use super::reachable;
use super::scenario::Scenario;
use super::{Pages, step};

/// The groups of the organization.
const GROUPS: [&str; 2] = ["Mandated Reporters", "Coaches"];
const LOCATION: &str = "Main Street";

/// What its steps have made so far, and who does them.
struct Provider<'a> {
    scenario: &'a mut Scenario,
    staff: Client,
    /// Who owns the organization.
    owner: Client,
    /// `organizations/{organization}`.
    organization: String,
    /// `organizations/{organization}/groups/{group}` of each.
    groups: Vec<String>,
    location: String,
    /// `organizations/{organization}/employments/{employment}` of whoever accepted.
    employment: String,
    /// `persons/{person}/assignments/{assignment}` of the training that they were assigned by hand.
    by_hand: String,
}

impl Provider<'_> {
    /// The address of somebody of this run.
    fn learner(&self, who: &str) -> String {
        self.scenario.address(&format!("learner-{who}"))
    }

    /// Whoever something is assigned to, as the organization names them.
    fn named(&self, assignment: &str) -> String {
        let person = assignment.split("/assignments/").next().unwrap_or_default();
        format!(
            "{}/learners/{}",
            self.organization,
            person.trim_start_matches("persons/")
        )
    }

    /// The invitations in these states, newest first.
    async fn listed(&self, states: &[InvitationState]) -> anyhow::Result<Vec<Invitation>> {
        let request = ListInvitationsRequest {
            parent: self.organization.clone(),
            states: states.iter().map(|&state| state.into()).collect(),
            page_size: 1000,
            ..ListInvitationsRequest::default()
        };
        Ok(invitation::list(&self.owner, request).await?.invitations)
    }

    /// Says how many learners have which word, once it is sure that everybody is listed once, with a name only if they have joined, and
    /// that whoever has this address is archived.
    async fn learners(&self, archived: &str) -> anyhow::Result<String> {
        let request = ListLearnersRequest {
            parent: self.organization.clone(),
            page_size: 1000,
            order: LearnerOrder::Name.into(),
            ..ListLearnersRequest::default()
        };
        let listed = invitation::learners(&self.owner, request).await?;
        let mut seen = BTreeSet::new();
        for one in &listed.learners {
            let has_joined = matches!(one.state(), InvitationState::Active | InvitationState::Archived);
            ensure!(has_joined != one.person_display_name.is_empty(), "{one:?}");
            ensure!(has_joined != one.person.is_empty(), "{one:?}");
            ensure!(
                one.address.is_empty() || seen.insert(&one.address),
                "{one:?} is listed twice"
            );
            ensure!(
                (one.address == archived) == (one.state() == InvitationState::Archived),
                "{one:?}"
            );
        }
        let words = listed.counts.iter().map(|count| {
            let word = count.state().as_str_name();
            format!("{} {}", count.count, word.trim_start_matches("INVITATION_STATE_"))
        });
        Ok(words.collect::<Vec<_>>().join(", "))
    }

    /// Waits until the mail server has taken the mails of so many.
    async fn pending(&self, count: i64) -> anyhow::Result<()> {
        wait_until("the invitations are PENDING", "notification", SOON, async || {
            let counted = invitation::count(&self.owner, &self.organization, InvitationState::Pending).await;
            Ok(unless_unavailable(counted)?.filter(|found| *found == count))
        })
        .await
        .map(drop)
    }
}

/// Every step in its turn; answers how many pages there are to look at.
pub(super) async fn steps(scenario: &mut Scenario) -> anyhow::Result<usize> {
    reachable::check(scenario).await?;
    outln!("The edge answers, and the pages of the issuer, the inbox and the traces open.\n");
    let staff = scenario.sign_in("staff").await?;
    scenario.mount_learning_system()?;
    let owner = scenario.newcomer(&scenario.address("provider")).await?;
    let mut provider = Provider {
        scenario,
        staff,
        owner,
        organization: String::new(),
        groups: Vec::new(),
        location: String::new(),
        employment: String::new(),
        by_hand: String::new(),
    };
    let mut pages = Pages::of(provider.scenario);
    macro_rules! steps {
        ($($number:literal $module:ident of $part:literal;)+) => {$(
            outln!("“{}”", $module::SENTENCE);
            step(&mut pages, $number, $module::TITLE, $part, $module::run(&mut provider)).await?;
        )+};
    }
    steps! {
        1 setup of "organization";
        2 by_hand of "invitation";
        3 upload of "invitation";
        4 page of "invitation";
        5 glossary of "invitation";
        6 accepting of "employment";
        7 archive of "records";
        8 transfer of "records";
        9 screens of "gateway";
    }
    Ok(pages.opened)
}
