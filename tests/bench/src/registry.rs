//! What a registry asks of the suite: the programmes of a state, loaded and searched, roles at the edge, and an organization
//! of ten thousand.
//!
//! Programmes are loaded by the public RPC, which is one of the figures. What would take days by public RPCs is written into
//! the databases of the services beforehand: approved profiles, staff, and what they hold after five years. What is measured
//! is called as people call it, through the gateway. Every figure is measured three times, its yardstick in turn with it, and
//! the medians count.

pub(super) mod employees;
mod export;
mod loading;
mod programmes;
mod report;
mod roles;
mod search;
pub(super) mod staff;
mod verify;

use super::database::Databases;
use super::figure::Figure;
use super::fixture::Fixture;
use super::pairs::{Pair, RUNS, timed};
use staff::Staffed;

/// Of the organization that is measured, and of the one that it is compared with.
const STAFF: usize = 10_000;
const FEWER_STAFF: usize = 1_000;

/// Loads programmes, then looks for them.
pub(super) async fn programmes(fixture: &Fixture) -> anyhow::Result<Vec<Figure>> {
    let databases = Databases::find(fixture).await?;
    let mut figures = loading::measure(fixture, &databases).await?;
    figures.extend(search::measure(fixture, &databases).await?);
    Ok(figures)
}

/// What it takes the edge to find out who somebody is in an organization.
pub(super) async fn roles(fixture: &Fixture, echo: &str) -> anyhow::Result<Vec<Figure>> {
    roles::measure(fixture, &Databases::find(fixture).await?, echo).await
}

/// The employees list, the staff report and the verification of many. Files first: what memory they take is not to be hidden
/// by what the service has kept of larger things. Verifying last: its events keep the services busy for a while.
pub(super) async fn staff(fixture: &Fixture) -> anyhow::Result<Vec<Figure>> {
    let databases = Databases::find(fixture).await?;
    let trainings = staff::trainings(fixture).await?;
    let fewer = Staffed::make(fixture, &databases, FEWER_STAFF, &trainings).await?;
    let many = Staffed::make(fixture, &databases, STAFF, &trainings).await?;
    let mut figures = export::measure(fixture, &databases, &fewer, &many).await?;
    figures.extend(report::measure(fixture, &databases, &many).await?);
    figures.extend(employees::measure(fixture, &databases, &many).await?);
    figures.extend(verify::measure(fixture, &databases).await?);
    Ok(figures)
}
