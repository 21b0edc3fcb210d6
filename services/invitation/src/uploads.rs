//! How much is uploaded and read at the same time: files come as large as 32 MiB, from as many people as there are.
//!
//! All of them share one room, of which one organization and one person have a part each: whoever fills theirs keeps
//! nobody else out. An upload keeps its room only while bytes arrive ([`Pace`]).

mod pace;
mod turns;

use std::sync::Arc;
use std::time::Duration;

use muster_database::DatabaseError;
use muster_ids::{OrganizationId, PersonId};
use muster_server::{Failure, KeyedLimit, KeyedPermit};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub(crate) use pace::Pace;

use self::turns::Turns;
use crate::domain::spreadsheet::MAX_BYTES;
use crate::error::Error;

/// How many files are read, checked and stored at the same time. Each costs its text and some blocks of its rows.
const READERS: usize = 2;
/// How many of them may be of one organization.
const READERS_OF_ORGANIZATION: usize = 1;
/// How many bytes of files may wait to be read, or to be read to their end.
const BYTES: usize = 4 * MAX_BYTES;
/// How many of them may be of one organization.
const BYTES_OF_ORGANIZATION: usize = 2 * MAX_BYTES;
/// How many of them may be of one person.
const BYTES_OF_PERSON: usize = MAX_BYTES;

/// The room there is. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Uploads {
    readers: Arc<Semaphore>,
    readers_of_organization: Arc<Turns<OrganizationId>>,
    bytes: Arc<Semaphore>,
    of_organization: Arc<KeyedLimit<OrganizationId>>,
    of_person: Arc<KeyedLimit<PersonId>>,
    idle: Duration,
    undecided: u32,
}

/// The room that one file has taken; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct UploadPermit {
    bytes: Arc<Semaphore>,
    taken: Option<OwnedSemaphorePermit>,
    of_organization: KeyedPermit<OrganizationId>,
    of_person: KeyedPermit<PersonId>,
}

/// The right to read a file; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Reader {
    _of_organization: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl Uploads {
    /// All of it free. An upload that makes no progress ends after `idle`; an organization has at most `undecided`
    /// imports that nobody decided on.
    pub(crate) fn new(idle: Duration, undecided: u32) -> Self {
        Self {
            readers: Arc::new(Semaphore::new(READERS)),
            readers_of_organization: Arc::new(Turns::new(READERS_OF_ORGANIZATION)),
            bytes: Arc::new(Semaphore::new(BYTES)),
            of_organization: Arc::new(KeyedLimit::new(BYTES_OF_ORGANIZATION)),
            of_person: Arc::new(KeyedLimit::new(BYTES_OF_PERSON)),
            idle,
            undecided,
        }
    }

    /// How many imports of an organization may wait for a decision.
    pub(crate) fn undecided(&self) -> i64 {
        self.undecided.into()
    }

    /// Waits until a file of this organization may be read: first for its own turn, so that its files wait for each
    /// other and not before those of others.
    ///
    /// # Errors
    /// Never: nobody closes the semaphores.
    pub(crate) async fn reader(&self, organization: OrganizationId) -> Result<Reader, Error> {
        let closed = |_| Failure::from(DatabaseError::Unavailable(None));
        let own = self.readers_of_organization.of(organization);
        let own = own.acquire_owned().await.map_err(closed)?;
        let all = Arc::clone(&self.readers).acquire_owned().await.map_err(closed)?;
        Ok(Reader {
            _of_organization: own,
            _of_all: all,
        })
    }

    /// UploadPermit for a file that this person uploads for this organization, none taken yet.
    pub(crate) fn room(&self, organization: OrganizationId, person: PersonId) -> UploadPermit {
        UploadPermit {
            bytes: Arc::clone(&self.bytes),
            taken: None,
            of_organization: self.of_organization.none(organization),
            of_person: self.of_person.none(person),
        }
    }

    /// The pace that an upload has to keep from now on.
    pub(crate) fn pace(&self) -> Pace {
        Pace::new(self.idle)
    }
}

impl UploadPermit {
    /// Takes room for so many more bytes.
    ///
    /// # Errors
    /// [`Error::ShareTaken`] when other uploads of the same person or organization have taken what these may have,
    /// [`Error::Busy`] when those of others have taken the rest.
    pub(crate) fn take(&mut self, bytes: usize) -> Result<(), Error> {
        if !self.of_person.grow(bytes) || !self.of_organization.grow(bytes) {
            return Err(Error::ShareTaken);
        }
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
    use uuid::Uuid;

    fn uploads() -> Uploads {
        Uploads::new(Duration::from_secs(10), 1)
    }

    /// UploadPermit for a file of this organization and this person.
    fn room(uploads: &Uploads, organization: u128, person: u128) -> UploadPermit {
        uploads.room(
            OrganizationId::from_uuid(Uuid::from_u128(organization)),
            PersonId::from_uuid(Uuid::from_u128(person)),
        )
    }

    #[test]
    fn files_share_the_room_and_give_it_back() {
        let uploads = uploads();
        let mut taken: Vec<UploadPermit> = (1..=4)
            .map(|number| {
                let mut room = room(&uploads, number, number);
                room.take(MAX_BYTES).unwrap();
                room
            })
            .collect();
        let mut late = room(&uploads, 5, 5);
        assert!(matches!(late.take(1), Err(Error::Busy)));
        drop(late);
        taken.pop();
        room(&uploads, 5, 5).take(MAX_BYTES).unwrap();
    }

    #[test]
    fn a_person_and_an_organization_have_a_share_each_and_leave_room_for_others() {
        let uploads = uploads();
        let mut first = room(&uploads, 1, 1);
        first.take(MAX_BYTES).unwrap();
        let elsewhere = room(&uploads, 2, 1).take(1);
        assert!(matches!(elsewhere, Err(Error::ShareTaken)), "the same person");
        let mut second = room(&uploads, 1, 2);
        second.take(MAX_BYTES).unwrap();
        let third = room(&uploads, 1, 3).take(1);
        assert!(matches!(third, Err(Error::ShareTaken)), "the same organization");
        room(&uploads, 2, 4).take(MAX_BYTES).unwrap();
        drop((first, second));
        room(&uploads, 1, 1).take(MAX_BYTES).unwrap();
    }

    #[tokio::test]
    async fn files_of_one_organization_are_read_one_after_the_other_and_leave_a_reader_for_others() {
        let uploads = uploads();
        let [one, other] = [1, 2].map(|id| OrganizationId::from_uuid(Uuid::from_u128(id)));
        let reading = uploads.reader(one).await.unwrap();
        let waiting = tokio::spawn({
            let uploads = uploads.clone();
            async move { uploads.reader(one).await.unwrap() }
        });
        drop(uploads.reader(other).await.unwrap());
        assert!(!waiting.is_finished());
        drop(reading);
        waiting.await.unwrap();
    }
}
