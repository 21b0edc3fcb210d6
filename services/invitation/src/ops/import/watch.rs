//! Watching an import.

use std::sync::Arc;

use futures::stream::{self, Stream};
use muster_ids::ImportName;
use muster_server::Failure;
use tokio::sync::watch::Receiver;
use tokio::time::{Instant, timeout_at};

use crate::context::Context;
use crate::domain::import::Import;
use crate::error::Error;
use crate::ops::At;
use crate::ops::watch::HEARTBEAT;
use crate::store::import::find;
use crate::watching::imports::Standing;

/// How the import stands, at once and whenever that has changed, until nothing more becomes of it.
///
/// # Errors
/// [`Failure::NotFound`]; the database's. An item: [`Failure::NotFound`].
pub(crate) async fn watch(
    context: &Context,
    name: ImportName,
) -> Result<impl Stream<Item = Result<At<Import>, Error>> + use<>, Error> {
    let standing = context.import_watchers.join(name);
    let finding = context
        .database
        .read(async |c| find(c, name.organization, name.import).await);
    let found = finding.await?.ok_or(Failure::NotFound)?;
    let watcher = Watcher {
        context: context.clone(),
        known: Arc::new(found),
        is_caught_up: false,
        standing,
        beat: Instant::now(),
        is_over: false,
    };
    Ok(stream::try_unfold(watcher, async |mut watcher| {
        let told = watcher.next().await?;
        Ok(told.map(|told| (told, watcher)))
    }))
}

struct Watcher {
    context: Context,
    /// What was told last, or is to be told first.
    known: Arc<Import>,
    /// Whether the others' knowledge has come to what was found in the beginning.
    is_caught_up: bool,
    standing: Receiver<Standing>,
    /// When it is to be told, whatever happens: at once in the beginning.
    beat: Instant,
    is_over: bool,
}

impl Watcher {
    async fn next(&mut self) -> Result<Option<At<Import>>, Error> {
        if self.is_over {
            return Ok(None);
        }
        loop {
            match timeout_at(self.beat, self.standing.changed()).await {
                // That its time has run out is no change of it: it is told as it is by now.
                Err(_) => return Ok(Some(self.tell())),
                Ok(Ok(())) => {}
                // Whoever watches keeps it watched.
                Ok(Err(_)) => return Err(Failure::Contended.into()),
            }
            let standing = self.standing.borrow_and_update().clone();
            match standing {
                Standing::Unread => {}
                Standing::Gone => return Err(Failure::NotFound.into()),
                Standing::Known(import) => {
                    if self.is_news(&import) {
                        self.known = import;
                        return Ok(Some(self.tell()));
                    }
                }
            }
        }
    }

    /// What others know may have been read before what was found in the beginning: nobody is told of a step back.
    fn is_news(&mut self, import: &Import) -> bool {
        self.is_caught_up |= import.progress() >= self.known.progress();
        self.is_caught_up && import.progress() != self.known.progress()
    }

    fn tell(&mut self) -> At<Import> {
        let time = self.context.clock.now();
        self.beat = Instant::now() + HEARTBEAT;
        self.is_over = self.known.is_over(time);
        let thing = Import::clone(&self.known);
        At { thing, time }
    }
}
