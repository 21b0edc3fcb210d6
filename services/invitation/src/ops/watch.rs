//! Watching the invitations of an organization.

use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, Stream};
use muster_database::DatabaseError;
use muster_ids::OrganizationId;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use time::OffsetDateTime;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, timeout_at};

use crate::context::Context;
use crate::error::Error;
use crate::store::invitation::changes::{self, Now};
use crate::watching::{Batch, Change, Course, MESSAGE_SIZE, News, Place};

/// A stream says something at least as often.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(10);
/// So long a stream can be resumed.
const RESUMABLE: time::Duration = time::Duration::days(7);

/// What a resume token says.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Resumption {
    place: Place,
    course: Course,
    /// When it was given.
    time: OffsetDateTime,
}

/// One message.
#[derive(Debug)]
pub(crate) struct Update {
    /// What has changed; others are told the same.
    pub(crate) batch: Arc<Batch>,
    /// From where the stream goes on.
    pub(crate) resumption: Resumption,
}

/// What changes from now on, or since a stream that ended.
///
/// # Errors
/// [`Error::WatchHistoryLost`]; the database's. An item: the same.
pub(crate) async fn watch(
    context: &Context,
    organization: OrganizationId,
    resumed: Option<Resumption>,
) -> Result<impl Stream<Item = Result<Update, Error>> + use<>, Error> {
    let Now { horizon, course } = context.database.read(async |c| changes::now(c).await).await?;
    let now = Place::before(horizon);
    let at = match resumed {
        None => now,
        // Of a database that is not this one, or has been further than this one is.
        Some(resumed) if resumed.course != course || resumed.place > now => {
            return Err(Error::WatchHistoryLost);
        }
        Some(resumed) if resumed.time < context.clock.now() - RESUMABLE => {
            return Err(Error::WatchHistoryLost);
        }
        Some(resumed) => resumed.place,
    };
    context.watchers.end_all_but(course);
    let joined = context.watchers.join(organization, now, course);
    let (news, told) = joined.ok_or(Error::WatchHistoryLost)?;
    let watcher = Watcher {
        context: context.clone(),
        organization,
        course,
        at,
        // Whoever was here before may have been told less than has happened.
        missed: told,
        news,
        beat: Instant::now(),
    };
    Ok(stream::try_unfold(watcher, async |mut watcher| {
        let told = watcher.next().await?;
        Ok(Some((told, watcher)))
    }))
}

struct Watcher {
    context: Context,
    organization: OrganizationId,
    course: Course,
    /// Up to where the watcher was told.
    at: Place,
    /// Up to where the watcher reads by itself: what others were told before it came, or while it was too slow.
    missed: Place,
    news: Receiver<Arc<News>>,
    /// When something is to be said, whatever happens: at once in the beginning.
    beat: Instant,
}

impl Watcher {
    async fn next(&mut self) -> Result<Update, Error> {
        loop {
            if self.at < self.missed {
                let changes = self.read().await?;
                if !changes.is_empty() {
                    return Ok(self.tell(changes));
                }
                continue;
            }
            match timeout_at(self.beat, self.news.recv()).await {
                Err(_) => return Ok(self.tell(Vec::new())),
                Ok(Ok(news)) => {
                    let News::Changes { to, batch } = &*news else {
                        return Err(Error::WatchHistoryLost);
                    };
                    let (at, changes) = (self.at, &batch.changes);
                    self.at = at.max(*to);
                    match changes.iter().position(|change| change.place > at) {
                        None => {}
                        // All of it, like the others.
                        Some(0) => return Ok(self.update(Arc::clone(batch))),
                        Some(first) => {
                            let later = changes.get(first..).unwrap_or_default();
                            return Ok(self.tell(later.to_vec()));
                        }
                    }
                }
                Ok(Err(RecvError::Lagged(_) | RecvError::Closed)) => {
                    let watchers = &self.context.watchers;
                    let joined = watchers.join(self.organization, self.at, self.course);
                    (self.news, self.missed) = joined.ok_or(Error::WatchHistoryLost)?;
                }
            }
        }
    }

    /// The next of what was missed; where nothing is left of it, the watcher has caught up.
    async fn read(&mut self) -> Result<Vec<Change>, DatabaseError> {
        let (organization, at, missed) = (self.organization, self.at, self.missed);
        // What was told has been below the horizon.
        let horizon = missed.number.saturating_add(1);
        let reading =
            async |c: &mut PgConnection| changes::between(c, organization, at, horizon, MESSAGE_SIZE).await;
        let mut changes = self.context.database.read(reading).await?;
        changes.retain(|change| change.place <= missed);
        self.at = changes.last().map_or(missed, |last| last.place);
        Ok(changes)
    }

    /// What nobody else is told.
    fn tell(&mut self, changes: Vec<Change>) -> Update {
        let batch = Batch::new(changes, self.context.clock.now());
        self.update(Arc::new(batch))
    }

    fn update(&mut self, batch: Arc<Batch>) -> Update {
        self.beat = Instant::now() + HEARTBEAT;
        Update {
            batch,
            resumption: Resumption {
                place: self.at,
                course: self.course,
                time: self.context.clock.now(),
            },
        }
    }
}
