//! How much is uploaded and read at the same time: files come as large as 32 MiB, from as many people as there are.

use std::sync::Arc;

use muster_database::DatabaseError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::spreadsheet::MAX_BYTES;
use crate::error::Error;

/// How many files are read, checked and stored at the same time. Each costs its text and its rows.
const READERS: usize = 2;
/// How many bytes of files may wait to be read.
const BYTES: usize = 4 * MAX_BYTES;

/// The room there is. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Uploads {
    readers: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
}

/// The room that one file has taken; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Room {
    bytes: Arc<Semaphore>,
    taken: Option<OwnedSemaphorePermit>,
}

impl Uploads {
    /// All of it free.
    pub(crate) fn new() -> Self {
        Self {
            readers: Arc::new(Semaphore::new(READERS)),
            bytes: Arc::new(Semaphore::new(BYTES)),
        }
    }

    /// Waits until a file may be read.
    ///
    /// # Errors
    /// Never: nobody closes the semaphore.
    pub(crate) async fn reader(&self) -> Result<OwnedSemaphorePermit, Error> {
        let turn = Arc::clone(&self.readers).acquire_owned().await;
        turn.map_err(|_| DatabaseError::Unavailable(None).into())
    }

    /// Room for a file, none taken yet.
    pub(crate) fn room(&self) -> Room {
        Room {
            bytes: Arc::clone(&self.bytes),
            taken: None,
        }
    }
}

impl Room {
    /// Takes room for so many more bytes.
    ///
    /// # Errors
    /// [`Error::Busy`] when others have taken it.
    pub(crate) fn take(&mut self, bytes: usize) -> Result<(), Error> {
        let bytes = u32::try_from(bytes).map_err(|_| Error::Busy)?;
        let more = Arc::clone(&self.bytes).try_acquire_many_owned(bytes);
        let more = more.map_err(|_| Error::Busy)?;
        match &mut self.taken {
            Some(taken) => taken.merge(more),
            None => self.taken = Some(more),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_share_the_room_and_give_it_back() {
        let uploads = Uploads::new();
        let (mut first, mut second) = (uploads.room(), uploads.room());
        for _ in 0..3 {
            first.take(MAX_BYTES).unwrap();
        }
        second.take(MAX_BYTES).unwrap();
        assert!(matches!(second.take(1), Err(Error::Busy)));
        drop(first);
        second.take(MAX_BYTES).unwrap();
    }
}
