//! The slowest that an upload may be. Bytes count, not messages: an empty message now and then keeps no room.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::error::Error;

/// How many bytes are progress.
const PROGRESS: usize = 32 * 1024;

/// Measures one upload.
#[derive(Debug)]
pub(crate) struct Pace {
    idle: Duration,
    deadline: Instant,
    /// Arrived since the last progress.
    bytes: usize,
}

impl Pace {
    /// Of an upload that begins now: it has `idle` for each 32 KiB.
    pub(super) fn new(idle: Duration) -> Self {
        Self {
            idle,
            deadline: Instant::now() + idle,
            bytes: 0,
        }
    }

    /// Waits for the next message, or for the end of the stream.
    ///
    /// # Errors
    /// [`Error::UploadTooSlow`] when no progress was made for as long as one may be idle.
    pub(crate) async fn keep<T>(&self, next: impl Future<Output = T>) -> Result<T, Error> {
        timeout_at(self.deadline, next)
            .await
            .map_err(|_| Error::UploadTooSlow)
    }

    /// So many bytes have arrived.
    pub(crate) fn received(&mut self, bytes: usize) {
        self.bytes += bytes;
        if self.bytes >= PROGRESS {
            self.bytes = 0;
            self.deadline = Instant::now() + self.idle;
        }
    }
}
