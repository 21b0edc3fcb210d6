//! Employments whose last day is over come to their end.

use std::collections::BTreeMap;

use muster_ids::{EmploymentName, OrganizationId, PersonId};
use muster_jobs::Batch;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use super::change::settle;
use crate::context::{Context, SELF};
use crate::domain::{Employment, EndTime};
use crate::error::Error;
use crate::store::employment;

/// Few enough to ask for, and for one transaction each.
const BATCH_SIZE: i64 = 100;
/// The zone of an authority, and the clocks in it, are looked at again at least so often: they may change meanwhile.
const LOOK_AGAIN: Duration = Duration::hours(1);
/// After the organization service did not answer.
const ASK_AGAIN: Duration = Duration::minutes(1);

/// Ends what is due, whoever's it is. The zone is looked at when the day is over, and not when it was settled; so is who owns
/// the organization: the owner's employment does not end, and waits.
#[derive(Debug, Clone)]
pub(crate) struct EndDue(pub(crate) Context);

/// What is to be known of an organization.
struct Site {
    authority: String,
    owner: Option<PersonId>,
}

impl Batch for EndDue {
    const NAME: &'static str = "employment-ends";
    type Error = Error;

    async fn step(&self) -> Result<usize, Error> {
        let now = self.0.clock.now();
        let due = async |db: &mut _| employment::list_end_due(db, now, BATCH_SIZE).await;
        let due = self.0.database.read(due).await?;
        let mut of: BTreeMap<OrganizationId, Vec<EmploymentName>> = BTreeMap::new();
        for name in &due {
            of.entry(name.organization).or_default().push(*name);
        }
        for (organization, names) in of {
            let site = self.site(organization).await;
            if let Err(error) = &site {
                tracing::warn!(
                    error = error as &dyn std::error::Error,
                    "an organization cannot be asked for; its ends wait"
                );
            }
            for name in names {
                let work = async |tx: &mut PgConnection| look(tx, &self.0, name, site.as_ref().ok()).await;
                self.0.database.write(work).await?;
            }
        }
        Ok(due.len())
    }
}

impl EndDue {
    async fn site(&self, organization: OrganizationId) -> Result<Site, Error> {
        let site = self.0.peers.site(organization, None).await?;
        Ok(Site {
            authority: site.map(|site| site.authority).unwrap_or_default(),
            owner: self.0.peers.owner(organization).await?,
        })
    }
}

/// Ends it, or writes down when to look again. What was taken back or moved meanwhile is left alone.
async fn look(
    tx: &mut PgConnection,
    context: &Context,
    name: EmploymentName,
    site: Option<&Site>,
) -> Result<(), Error> {
    let now = context.clock.now();
    let Some(found) = employment::lock(tx, name).await? else {
        return Ok(());
    };
    match next_look(context, &found, site, now) {
        None => Ok(()),
        Some(next) if next > now => Ok(employment::end_due_again(tx, &found, next).await?),
        Some(_) => {
            let ended = found.come_to_its_end(now);
            settle(tx, context, ended, SELF.to_owned(), now).await?;
            Ok(())
        }
    }
}

/// When it is to be looked at; now when its day is over, `None` when nothing of it is due.
fn next_look(
    context: &Context,
    found: &Employment,
    site: Option<&Site>,
    now: OffsetDateTime,
) -> Option<OffsetDateTime> {
    let end = found.end.as_ref()?;
    let EndTime::Due(due) = end.at else { return None };
    if due > now {
        return None;
    }
    let Some(site) = site else {
        return Some(now + ASK_AGAIN);
    };
    let over = context.time_zones.end_of(&site.authority, end.last_day?);
    match over {
        Some(over) if over > now => Some(over.min(now + LOOK_AGAIN)),
        _ if site.owner == Some(found.person) => Some(now + LOOK_AGAIN),
        _ => Some(now),
    }
}
