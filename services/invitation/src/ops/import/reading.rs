//! Reading an uploaded file, on a thread of its own: it is looked through, and then its rows are handed out as fast as they
//! are taken.

use muster_database::DatabaseError;
use muster_server::Failure;
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::domain::spreadsheet::{self, Format, RawRow};
use crate::error::Error;

/// How many blocks are ready before they are asked for, beside the one that is being read.
const READY: usize = 1;

/// A file that is no reason to refuse the upload.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) sha256: [u8; 32],
    pub(crate) format: Format,
    pub(crate) blocks: Blocks,
}

/// The rows that were not asked for yet. When this is dropped, the reading ends, and the file is gone.
#[derive(Debug)]
pub(crate) struct Blocks {
    ready: mpsc::Receiver<Vec<RawRow>>,
    /// Until it has ended.
    reading: Option<JoinHandle<Result<(), Error>>>,
}

/// What is said before the first block.
struct Found {
    sha256: [u8; 32],
    format: Format,
}

/// Looks through a file that must have this digest, if one is said, and at most `limit` rows.
///
/// # Errors
/// [`Error::Checksum`], [`Error::Unreadable`], [`Error::TooLarge`].
pub(crate) async fn open<F>(file: F, expected: Option<[u8; 32]>, limit: i64) -> Result<Opened, Error>
where
    F: AsRef<[u8]> + Send + 'static,
{
    let (telling, told) = oneshot::channel();
    let (handing, ready) = mpsc::channel(READY);
    let reading = spawn_blocking(move || read(file.as_ref(), expected, limit, telling, &handing));
    match told.await {
        Ok(Found { sha256, format }) => Ok(Opened {
            sha256,
            format,
            blocks: Blocks {
                ready,
                reading: Some(reading),
            },
        }),
        Err(_untold) => {
            ended(reading).await?;
            Err(gone())
        }
    }
}

impl Blocks {
    /// The next rows, in the order of the file; `None` behind the last.
    ///
    /// # Errors
    /// The reading was broken off, so that there are rows that nobody has seen.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<RawRow>>, Error> {
        if let Some(block) = self.ready.recv().await {
            return Ok(Some(block));
        }
        match self.reading.take() {
            Some(reading) => ended(reading).await.map(|()| None),
            None => Ok(None),
        }
    }
}

/// What the reading came to.
async fn ended(reading: JoinHandle<Result<(), Error>>) -> Result<(), Error> {
    reading.await.unwrap_or_else(|_| Err(gone()))
}

/// The runtime is going away.
fn gone() -> Error {
    Failure::from(DatabaseError::Unavailable(None)).into()
}

fn read(
    bytes: &[u8],
    expected: Option<[u8; 32]>,
    limit: i64,
    telling: oneshot::Sender<Found>,
    handing: &mpsc::Sender<Vec<RawRow>>,
) -> Result<(), Error> {
    let sha256 = <[u8; 32]>::from(Sha256::digest(bytes));
    if expected.is_some_and(|expected| expected != sha256) {
        return Err(Error::Checksum);
    }
    let mut sheet = spreadsheet::read(bytes, usize::try_from(limit).unwrap_or_default())?;
    let used = i64::try_from(sheet.count).unwrap_or(i64::MAX);
    if used > limit {
        return Err(Error::TooLarge {
            what: "import_rows",
            used,
            limit,
        });
    }
    let format = sheet.format.clone();
    // Whoever wanted the rows may be gone, now or at any block.
    if telling.send(Found { sha256, format }).is_err() {
        return Ok(());
    }
    for block in sheet.blocks()? {
        if handing.blocking_send(block?).is_err() {
            break;
        }
    }
    Ok(())
}
