//! Whether everything that was answered is so, once, and nothing besides. Asked from outside, after the suite has settled.

pub(crate) mod events;
mod invitations;
mod mails;
mod pages;
mod people;

use std::collections::BTreeMap;

use super::ledger::Ledger;
use super::place::Place;
use super::queues;

/// What was looked at, and what is wrong with it.
#[derive(Debug)]
pub(crate) struct Finding {
    /// What was promised.
    pub(crate) promise: &'static str,
    /// How many things were looked at.
    pub(crate) looked_at: usize,
    /// Each in one line that names it.
    pub(crate) problems: Vec<String>,
}

/// Looks at everything.
///
/// # Errors
/// Somebody who is asked does not answer.
pub(crate) async fn run(
    place: &Place,
    ledger: &Ledger,
    parked_before: &BTreeMap<&'static str, u32>,
) -> anyhow::Result<Vec<Finding>> {
    // Before all are listed: one that is made by it is one of them.
    let repeated = invitations::repeated(place, ledger).await?;
    let listed = invitations::listed(place).await?;
    let employed = people::employed(place).await?;
    let told = mails::told(place).await?;
    Ok(vec![
        Finding {
            promise: "no call was refused, or answered with an error, that was in order",
            looked_at: usize::try_from(ledger.calls.answered)?,
            problems: ledger.calls.unexpected.clone(),
        },
        invitations::states(ledger, &listed),
        repeated,
        invitations::imported(ledger, &listed),
        people::employments(ledger, &employed),
        people::assignments(place, &employed).await?,
        mails::copies(place, ledger, &listed, &told).await?,
        mails::refusals(ledger, &listed, &told),
        events::applied(place).await?,
        parked(place, parked_before).await?,
    ])
}

async fn parked(place: &Place, before: &BTreeMap<&'static str, u32>) -> anyhow::Result<Finding> {
    let now = queues::parked(place).await?;
    let more = |(queue, count): (&&str, &u32)| {
        let more = count.saturating_sub(before.get(queue).copied().unwrap_or_default());
        (more > 0).then(|| format!("{more} messages are parked in {queue}"))
    };
    Ok(Finding {
        promise: "every message could be applied; none is parked",
        looked_at: now.len(),
        problems: now.iter().filter_map(more).collect(),
    })
}
