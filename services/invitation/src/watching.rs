//! Who watches the invitations of which organization, in this process. However many they are, the database is asked once in a while
//! what has changed, for all of them, and once for each organization that has changes; nobody who writes does anything for them.

pub(crate) mod imports;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use muster_clock::Clock;
use muster_database::{Database, DatabaseError};
use muster_ids::{InvitationId, OrganizationId};
use muster_proto::codec::Encoded;
use muster_proto::invitation::v1::WatchInvitationsResponse;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tokio::sync::{Notify, broadcast};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::domain::invitation::Invitation;
use crate::store::invitation::changes::{self, Now};

/// How often it is asked what has changed, if few watch. With each who watches it is asked a little more rarely, and each message tells of
/// more: so all of them together get less than a thousand messages a second, and leave the processors to who writes.
const POLL: Duration = Duration::from_millis(300);
const POLL_OF_EACH: Duration = Duration::from_millis(1);
const SLOWEST_POLL: Duration = Duration::from_secs(3);
/// The most changes of one message.
pub(crate) const MESSAGE_SIZE: i64 = 100;
/// So many messages a watcher may be behind; one that is slower reads what it has missed by itself.
const MAX_LAG: usize = 64;
/// The most messages about one organization until the others have had their turn: a spreadsheet of 100,000 rows is a thousand, which
/// nobody could take at once either.
const MESSAGES_A_TURN: usize = MAX_LAG / 2;

/// Where a watcher stands: after this invitation among those that this transaction has changed last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) number: i64,
    pub(crate) invitation: InvitationId,
}

impl Place {
    /// Before all that the transaction of this number, or a later one, has changed last.
    pub(crate) const fn before(number: i64) -> Self {
        Self {
            number,
            invitation: InvitationId::from_uuid(Uuid::nil()),
        }
    }
}

/// Which course of things a place is of: numbers of another one say nothing. A number that is the same for a course, and for no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[sqlx(transparent)]
pub(crate) struct Course(i64);

/// An invitation that was changed, as it is.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) place: Place,
    pub(crate) invitation: Invitation,
}

/// What watchers are told.
#[derive(Debug)]
pub(crate) enum News {
    /// What has changed after one place, up to another.
    Changes { to: Place, batch: Arc<Batch> },
    /// The database is of another course: what was told may not have happened.
    Lost,
}

/// Changes in the order of their places, as they were read at a time.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) changes: Vec<Change>,
    pub(crate) time: OffsetDateTime,
    /// How they are shown: encoded by the first who is told, for all.
    shown: OnceLock<Encoded<WatchInvitationsResponse>>,
}

impl Batch {
    pub(crate) fn new(changes: Vec<Change>, time: OffsetDateTime) -> Self {
        Self {
            changes,
            time,
            shown: OnceLock::new(),
        }
    }

    /// How they are shown, to whoever is told of them.
    pub(crate) fn shown(
        &self,
        show: impl FnOnce(&Self) -> WatchInvitationsResponse,
    ) -> Encoded<WatchInvitationsResponse> {
        let encode = || Encoded::of(&show(self));
        self.shown.get_or_init(encode).clone()
    }
}

/// Everybody who watches. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Watchers(Arc<Inner>);

#[derive(Default)]
struct Inner {
    rooms: Mutex<HashMap<OrganizationId, Room>>,
    /// That somebody has come.
    arrival: Notify,
}

/// Those who watch one organization.
struct Room {
    /// Up to where they have been told.
    at: Place,
    course: Course,
    news: broadcast::Sender<Arc<News>>,
}

impl Watchers {
    /// Tells whoever asks of the changes of an organization from now on, and up to where they are told already. `at`: where it begins
    /// when nobody watches it yet. `None`: others watch another course of things, the one or the other is over.
    pub(crate) fn join(
        &self,
        organization: OrganizationId,
        at: Place,
        course: Course,
    ) -> Option<(broadcast::Receiver<Arc<News>>, Place)> {
        let mut rooms = self.rooms();
        let room = rooms.entry(organization).or_insert_with(|| Room {
            at,
            course,
            news: broadcast::channel(MAX_LAG).0,
        });
        let joined = (room.course == course).then(|| (room.news.subscribe(), room.at));
        drop(rooms);
        self.0.arrival.notify_one();
        joined
    }

    /// Asks what has changed, and tells it, until the process stops.
    pub(crate) async fn run(self, database: Database, clock: Clock, shutdown: CancellationToken) {
        let telling = async {
            loop {
                if self.places().is_empty() {
                    self.0.arrival.notified().await;
                    continue;
                }
                if let Err(error) = self.look(&database, &clock).await {
                    tracing::warn!(%error, "what has changed could not be read; watchers wait");
                }
                sleep(self.pause()).await;
            }
        };
        shutdown.run_until_cancelled(telling).await;
    }

    /// How long nothing is asked.
    fn pause(&self) -> Duration {
        let watchers: usize = self.rooms().values().map(|room| room.news.receiver_count()).sum();
        let more = POLL_OF_EACH.saturating_mul(u32::try_from(watchers).unwrap_or(u32::MAX));
        POLL.saturating_add(more).min(SLOWEST_POLL)
    }

    /// Tells everybody what has changed by now.
    async fn look(&self, database: &Database, clock: &Clock) -> Result<(), DatabaseError> {
        let places = self.places();
        let asking = async |c: &mut _| changes::changed(c, &places).await;
        let (Now { horizon, course }, changed) = database.read(asking).await?;
        self.end_all_but(course);
        for (organization, at) in places {
            let is_told = if changed.contains(&organization) {
                let reading = self.read(database, clock, organization, at, horizon).await;
                // Of this one: the others are told all the same.
                reading.unwrap_or_else(|error| {
                    tracing::warn!(%error, "what has changed in an organization could not be read; its watchers wait");
                    false
                })
            } else {
                true
            };
            if is_told {
                self.announce(
                    organization,
                    Place::before(horizon),
                    Batch::new(Vec::new(), clock.now()),
                );
            }
        }
        Ok(())
    }

    /// Tells what has changed in one organization; whether that was all.
    async fn read(
        &self,
        database: &Database,
        clock: &Clock,
        organization: OrganizationId,
        mut at: Place,
        horizon: i64,
    ) -> Result<bool, DatabaseError> {
        for _ in 0..MESSAGES_A_TURN {
            let reading =
                async |c: &mut _| changes::between(c, organization, at, horizon, MESSAGE_SIZE).await;
            let changes = database.read(reading).await?;
            let Some(last) = changes.last() else {
                return Ok(true);
            };
            at = last.place;
            self.announce(organization, at, Batch::new(changes, clock.now()));
        }
        Ok(false)
    }

    /// Whoever watches another course of things is told that it is over.
    pub(crate) fn end_all_but(&self, course: Course) {
        self.rooms().retain(|_, room| {
            let goes_on = room.course == course;
            if !goes_on {
                drop(room.news.send(Arc::new(News::Lost)));
            }
            goes_on
        });
    }

    fn announce(&self, organization: OrganizationId, to: Place, batch: Batch) {
        let mut rooms = self.rooms();
        if let Some(room) = rooms.get_mut(&organization).filter(|room| room.at < to) {
            room.at = to;
            // Nobody hears it when the last has just left.
            let batch = Arc::new(batch);
            drop(room.news.send(Arc::new(News::Changes { to, batch })));
        }
    }

    /// Who is watched, and up to where it was told. Rooms that everybody has left are closed.
    fn places(&self) -> Vec<(OrganizationId, Place)> {
        let mut rooms = self.rooms();
        rooms.retain(|_, room| room.news.receiver_count() > 0);
        rooms
            .iter()
            .map(|(organization, room)| (*organization, room.at))
            .collect()
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<OrganizationId, Room>> {
        self.0.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn what_many_are_told_is_encoded_once() {
        let batch = Batch::new(Vec::new(), OffsetDateTime::UNIX_EPOCH);
        let encoded = Cell::new(0);
        for _ in 0..1_000 {
            batch.shown(|_| {
                encoded.set(encoded.get() + 1);
                WatchInvitationsResponse::default()
            });
        }
        assert_eq!(encoded.get(), 1);
    }
}
