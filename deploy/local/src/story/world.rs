//! What the steps of the story know and hand on.

use std::collections::BTreeMap;
use std::fs;

use anyhow::Context;
use muster_clock::Clock;
use tonic::transport::Channel;

use super::sign_in;
use crate::addresses::Addresses;
use crate::edge::{Caller, connect};
use crate::place::Place;
use crate::suite::LEARNING_SYSTEM;

/// The suite from outside, and what the story has made so far.
pub(super) struct World {
    place: Place,
    pub(super) addresses: Addresses,
    pub(super) edge: Channel,
    callers: BTreeMap<&'static str, Caller>,
    /// Tells this telling from others: nine digits.
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

impl World {
    pub(super) fn new(place: &Place) -> anyhow::Result<Self> {
        let addresses = Addresses::read(place)?;
        let hundredths = Clock::system().now().unix_timestamp_nanos() / 10_000_000;
        Ok(Self {
            place: place.clone(),
            edge: connect(&addresses.gateway)?,
            addresses,
            callers: BTreeMap::new(),
            run: format!("{:09}", hundredths % 1_000_000_000),
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
    pub(super) async fn sign_in(&mut self, who: &'static str) -> anyhow::Result<Caller> {
        let token = sign_in::at(&self.addresses, who).await?;
        self.enter(who, &token)
    }

    /// The learning system calls with the token that is mounted for it, as in a cluster.
    pub(super) fn mount_learning_system(&mut self) -> anyhow::Result<Caller> {
        let file = self.place.at("tokens").join(LEARNING_SYSTEM).join("gateway");
        let token =
            fs::read_to_string(&file).with_context(|| format!("{} is not mounted", file.display()))?;
        self.enter(LEARNING_SYSTEM, &token)
    }

    /// One who has signed in before.
    pub(super) fn caller(&self, who: &str) -> anyhow::Result<Caller> {
        let known = self.callers.get(who).cloned();
        known.with_context(|| format!("{who} has not signed in"))
    }

    /// The address of somebody who stands in the spreadsheet.
    pub(super) fn colleague(&self, number: usize) -> String {
        format!("colleague-{number}.{}@school.test", self.run)
    }

    /// The page of a trace.
    pub(super) fn trace_page(&self, trace: &str) -> String {
        format!("{}/traces/{trace}", self.addresses.traces)
    }

    fn enter(&mut self, who: &'static str, token: &str) -> anyhow::Result<Caller> {
        let caller = Caller::new(self.edge.clone(), token)?;
        self.callers.insert(who, caller.clone());
        Ok(caller)
    }
}
