//! Who watches which imports, in this process: however many they are, the database is asked once in a while how all of these imports
//! stand, and a worker does nothing for who watches it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use muster_database::{Database, DatabaseError};
use muster_ids::ImportName;
use tokio::sync::{Notify, watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::domain::import::Import;
use crate::store::import::find_all;

/// How often it is asked.
const POLL: Duration = Duration::from_millis(300);

/// How an import stands as it was read last.
#[derive(Debug, Clone)]
pub(crate) enum Standing {
    /// It was not read yet.
    Unread,
    Known(Arc<Import>),
    /// There is none of this name.
    Gone,
}

impl Standing {
    /// Whether it says another thing than what is read now.
    fn differs(&self, read: Option<&Arc<Import>>) -> bool {
        match (self, read) {
            (Standing::Known(known), Some(read)) => known.progress() != read.progress(),
            (Standing::Gone, None) => false,
            _ => true,
        }
    }
}

/// Everybody who watches an import. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct ImportWatchers(Arc<Inner>);

#[derive(Default)]
struct Inner {
    watched: Mutex<HashMap<ImportName, watch::Sender<Standing>>>,
    /// That somebody has come.
    arrival: Notify,
}

impl ImportWatchers {
    /// Tells whoever asks how the import stands, whenever that has changed. Who is slow is told the last of it.
    pub(crate) fn join(&self, import: ImportName) -> watch::Receiver<Standing> {
        let mut watched = self.watched();
        let sender = watched
            .entry(import)
            .or_insert_with(|| watch::channel(Standing::Unread).0);
        let mut standing = sender.subscribe();
        drop(watched);
        // What others were told is news to this one.
        standing.mark_changed();
        self.0.arrival.notify_one();
        standing
    }

    /// Asks how they stand, and tells it, until the process stops.
    pub(crate) async fn run(self, database: Database, shutdown: CancellationToken) {
        let telling = async {
            loop {
                let names = self.names();
                if names.is_empty() {
                    self.0.arrival.notified().await;
                    continue;
                }
                if let Err(error) = self.look(&database, &names).await {
                    tracing::warn!(%error, "how imports stand could not be read; who watches them waits");
                }
                sleep(POLL).await;
            }
        };
        shutdown.run_until_cancelled(telling).await;
    }

    async fn look(&self, database: &Database, names: &[ImportName]) -> Result<(), DatabaseError> {
        let reading = async |c: &mut _| find_all(c, names).await;
        let read = database.read(reading).await?;
        let read: HashMap<ImportName, Arc<Import>> = read
            .into_iter()
            .map(|import| (import.name(), Arc::new(import)))
            .collect();
        let watched = self.watched();
        for (name, sender) in names.iter().filter_map(|name| Some((name, watched.get(name)?))) {
            let read = read.get(name);
            sender.send_if_modified(|standing| {
                let is_news = standing.differs(read);
                if is_news {
                    *standing = read.map_or(Standing::Gone, |read| Standing::Known(Arc::clone(read)));
                }
                is_news
            });
        }
        Ok(())
    }

    /// Which are watched. Those that everybody has left are forgotten.
    fn names(&self) -> Vec<ImportName> {
        let mut watched = self.watched();
        watched.retain(|_, sender| sender.receiver_count() > 0);
        watched.keys().copied().collect()
    }

    fn watched(&self) -> MutexGuard<'_, HashMap<ImportName, watch::Sender<Standing>>> {
        self.0.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
