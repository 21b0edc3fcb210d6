//! What a thing costs among a thousand of its kind, and among ten times as many, up to a million: whether it grows with what
//! is there already.
//!
//! What is there is of one organization, and written into the databases of the services, as for the benches `invitations` and
//! `registry`. What is measured is called as people call it, through the gateway, or is what a service does by itself: of that
//! the times are read that it wrote down.

mod assignments;
mod costs;
mod deliveries;
mod employments;
mod events;
mod invitations;
mod jobs;
mod series;

use std::iter;

use anyhow::Context;

use super::figure::Figure;
use super::invitations::Measured;
use assignments::Assignments;
use costs::Cost;
use deliveries::Deliveries;
use employments::Employments;
use events::Events;
use invitations::Invitations;
use series::Series;

/// The smallest size.
const LEAST: u32 = 1_000;
/// Of what waits to be published, and to be consumed.
const MOST_EVENTS: u32 = 100_000;
/// Of lists: so that a thousand rows have a hundredth page.
const PAGE: i32 = 10;

/// One part after the other, each printed when it is done.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    Invitations,
    Deliveries,
    Events,
    Employments,
    Assignments,
}

/// Something of which there are more and more.
trait Grown {
    /// Has so many rows, and measures.
    async fn costs(&mut self, rows: u32) -> anyhow::Result<Vec<Cost>>;
}

impl Part {
    pub(super) const ALL: [Self; 5] = [
        Self::Invitations,
        Self::Deliveries,
        Self::Events,
        Self::Employments,
        Self::Assignments,
    ];

    /// What is measured, with so many rows at most.
    pub(super) fn announced(self, rows: u32) -> String {
        let sizes: Vec<_> = self.sizes(rows).iter().map(u32::to_string).collect();
        let (_, name) = self.names();
        format!("{name}, among {}", sizes.join(", "))
    }

    /// What its figures are called, and what there is more and more of.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Invitations => ("growth.invitations", "invitations"),
            Self::Deliveries => ("growth.deliveries", "deliveries that wait for their day"),
            Self::Events => ("growth.events", "events in an outbox, then in a queue"),
            Self::Employments => ("growth.employments", "employments"),
            Self::Assignments => ("growth.assignments", "assignments"),
        }
    }

    fn sizes(self, rows: u32) -> Vec<u32> {
        match self {
            Self::Events => sizes(rows.min(MOST_EVENTS)),
            _ => sizes(rows),
        }
    }

    /// Measures it at each size.
    pub(super) async fn measure(self, measured: &Measured<'_>) -> anyhow::Result<Vec<Figure>> {
        match self {
            Self::Invitations => {
                let mut invitations = Invitations::open(measured).await?;
                self.at_each_size(measured.rows, &mut invitations).await
            }
            Self::Deliveries => {
                let mut deliveries = Deliveries::open(measured).await?;
                let figures = self.at_each_size(measured.rows, &mut deliveries).await?;
                deliveries.forget().await?;
                Ok(figures)
            }
            Self::Events => {
                let mut events = Events::open(measured).await?;
                let figures = self.at_each_size(measured.rows, &mut events).await?;
                events.forget().await?;
                Ok(figures)
            }
            Self::Employments => {
                let mut employments = Employments::open(measured).await?;
                self.at_each_size(measured.rows, &mut employments).await
            }
            Self::Assignments => {
                let mut assignments = Assignments::open(measured).await?;
                self.at_each_size(measured.rows, &mut assignments).await
            }
        }
    }

    async fn at_each_size(self, rows: u32, grown: &mut impl Grown) -> anyhow::Result<Vec<Figure>> {
        let (name, what) = self.names();
        let mut all: Vec<Series> = Vec::new();
        for rows in self.sizes(rows) {
            eprintln!("  among {rows} {what} …");
            let costs = grown.costs(rows).await;
            let costs = costs.with_context(|| format!("among {rows} {what}"))?;
            for (place, cost) in costs.into_iter().enumerate() {
                match all.get_mut(place) {
                    Some(series) => series.push(rows, cost),
                    None => all.push(Series::begin(name, rows, cost)?),
                }
            }
        }
        Ok(all.into_iter().flat_map(Series::figures).collect())
    }
}

/// Ten times as many each, up to so many.
fn sizes(most: u32) -> Vec<u32> {
    let most = most.max(LEAST);
    let sizes = iter::successors(Some(LEAST), |size| size.checked_mul(10));
    sizes.take_while(|size| *size < most).chain([most]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_go_from_a_thousand_to_the_largest() {
        assert_eq!(sizes(1_000_000), [1_000, 10_000, 100_000, 1_000_000]);
        assert_eq!(sizes(5_000), [1_000, 5_000]);
        assert_eq!(sizes(100), [1_000]);
    }
}
