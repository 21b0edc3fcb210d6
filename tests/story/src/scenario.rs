//! What the steps of the story know and hand on.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use muster_client::{Client, TokenSource};
use muster_clock::Clock;
use muster_local::suite::LEARNING_SYSTEM;
use muster_local::{Addresses, Workspace};

use super::sign_in;

/// The suite from outside, and what the story has made so far.
pub(super) struct Scenario {
    workspace: Workspace,
    pub(super) addresses: Addresses,
    /// Somebody who has not signed in.
    pub(super) anybody: Client,
    callers: BTreeMap<&'static str, Client>,
    /// Tells this run from others, also from those that begin at the same moment: twelve digits.
    pub(super) run: String,
    /// `trainings/{training}` of the shared catalog.
    pub(super) training: String,
    /// `organizations/{organization}`.
    pub(super) organization: String,
    /// What people call it.
    pub(super) display_name: String,
    /// `organizations/{organization}/groups/{group}` of the group that requires the training.
    pub(super) group: String,
    /// `organizations/{organization}/imports/{import}`.
    pub(super) import: String,
    /// The trace of that import's approval.
    pub(super) approval: String,
    /// `persons/{person}` of the learner who accepts.
    pub(super) learner: String,
}

impl Scenario {
    pub(super) fn new(workspace: &Workspace) -> anyhow::Result<Self> {
        let addresses = Addresses::read(workspace)?;
        let number = Clock::system().new_uuid().as_u128();
        Ok(Self {
            workspace: workspace.clone(),
            anybody: Client::connect(&addresses.gateway)?,
            addresses,
            callers: BTreeMap::new(),
            run: format!("{:012}", number % 1_000_000_000_000),
            training: String::new(),
            organization: String::new(),
            display_name: String::new(),
            group: String::new(),
            import: String::new(),
            approval: String::new(),
            learner: String::new(),
        })
    }

    /// Somebody signs in at the issuer, and calls with what they get there from now on.
    pub(super) async fn sign_in(&mut self, who: &'static str) -> anyhow::Result<Client> {
        let token = sign_in::access_token(&self.addresses, who).await?;
        Ok(self.enter(who, TokenSource::fixed(&token)?))
    }

    /// Somebody of this address signs in at the issuer, where they register the first time.
    pub(super) async fn newcomer(&self, address: &str) -> anyhow::Result<Client> {
        let token = sign_in::access_token(&self.addresses, address).await?;
        Ok(self.anybody.with_token(TokenSource::fixed(&token)?))
    }

    /// The address of somebody of the registry's story.
    pub(super) fn address(&self, who: &str) -> String {
        format!("{who}.{}@school.test", self.run)
    }

    /// The learning system calls with the token that is mounted for it, as in a cluster.
    pub(super) fn mount_learning_system(&mut self) -> anyhow::Result<Client> {
        let file = self.workspace.at("tokens").join(LEARNING_SYSTEM).join("gateway");
        ensure!(file.exists(), "{} is not mounted", file.display());
        Ok(self.enter(LEARNING_SYSTEM, TokenSource::file(file)))
    }

    /// One who has signed in before.
    pub(super) fn caller(&self, who: &str) -> anyhow::Result<Client> {
        let known = self.callers.get(who).cloned();
        known.with_context(|| format!("{who} has not signed in"))
    }

    /// The address of somebody who stands in the spreadsheet.
    pub(super) fn colleague(&self, number: usize) -> String {
        format!("colleague-{number}.{}@school.test", self.run)
    }

    /// The learner, as the organization names them.
    pub(super) fn learner_of_organization(&self) -> String {
        let person = self.learner.trim_start_matches("persons/");
        format!("{}/learners/{person}", self.organization)
    }

    /// Where the sources are that this runs from.
    pub(super) fn sources(&self) -> &Path {
        &self.workspace.root
    }

    /// A setting of a service of this suite.
    pub(super) fn setting(&self, service: &str, name: &str) -> anyhow::Result<String> {
        let file = self.workspace.at("env").join(service);
        let settings =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let mut lines = settings.lines();
        let found = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        let value = found.with_context(|| format!("{} has no {name}", file.display()))?;
        Ok(value.trim_matches('\'').to_owned())
    }

    /// The page of a trace.
    pub(super) fn trace_page(&self, trace: &str) -> String {
        format!("{}/traces/{trace}", self.addresses.traces)
    }

    fn enter(&mut self, who: &'static str, token: TokenSource) -> Client {
        let caller = self.anybody.with_token(token);
        self.callers.insert(who, caller.clone());
        caller
    }
}
