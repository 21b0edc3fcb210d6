//! Reading a learner's whole record, with their consent.

use muster_ids::{AccessId, OrganizationId, PersonId};
use sqlx::PgConnection;

use super::{Desk, know_learner};
use crate::domain::{Assignment, Certificate, EmploymentState, Grant, RecordAccess};
use crate::error::Error;
use crate::store::{accesses, assignments, certificates, grants, projection};

/// The most of each kind that a record holds: with the longest names that is below 3 MiB.
const MOST: usize = 1_000;
/// One more, which tells whether there are older ones.
const FETCH: i64 = 1_001;

/// Who reads, and for which organization.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    /// The organization for which they read.
    pub(crate) organization: OrganizationId,
    /// Who.
    pub(crate) person: PersonId,
    /// Their name, from their own token; may be empty.
    pub(crate) display_name: String,
}

/// What is known of a learner.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    /// The assignments, of every organization, newest first.
    pub(crate) assignments: Vec<Assignment>,
    /// The certificates, newest first.
    pub(crate) certificates: Vec<Certificate>,
    /// Whether there are older ones.
    pub(crate) is_truncated: bool,
}

impl Record {
    fn of(mut assignments: Vec<Assignment>, mut certificates: Vec<Certificate>) -> Self {
        let is_truncated = assignments.len() > MOST || certificates.len() > MOST;
        assignments.truncate(MOST);
        certificates.truncate(MOST);
        Self {
            assignments,
            certificates,
            is_truncated,
        }
    }
}

/// Reads the learner's record and logs that. In one transaction that holds the employment and the grant: neither ends
/// before it has committed, and what is read without a log entry does not leave it.
///
/// # Errors
/// [`Error::NotFound`] when the person is no learner there; [`Error::NotEmployed`], [`Error::NotVerified`] and
/// [`Error::NotGranted`], which are not logged as readings; [`Error::Peer`]; the database's.
pub(crate) async fn read_record(desk: &Desk, reader: Reader, learner: PersonId) -> Result<Record, Error> {
    know_learner(desk, reader.organization, learner).await?;
    let (id, now) = (AccessId::from_uuid(desk.clock.new_uuid()), desk.clock.now());
    desk.database
        .write_boxed(move |tx| {
            Box::pin(async move {
                let grant = allowed(tx, reader.organization, learner).await?;
                let access = RecordAccess {
                    person: learner,
                    id,
                    organization: reader.organization,
                    reader: reader.person,
                    reader_display_name: reader.display_name,
                    grant: grant.id,
                    access_time: now,
                };
                accesses::insert(tx, &access).await?;
                Ok(Record::of(
                    assignments::list_of_person(tx, learner, None, FETCH).await?,
                    certificates::list_of_person(tx, learner, None, FETCH).await?,
                ))
            })
        })
        .await
}

/// The grant that allows it, held until the transaction ends.
async fn allowed(
    tx: &mut PgConnection,
    organization: OrganizationId,
    learner: PersonId,
) -> Result<Grant, Error> {
    let standing = projection::hold(tx, organization, learner)
        .await?
        .ok_or(Error::NotFound)?;
    match standing.state {
        EmploymentState::Verified => {}
        EmploymentState::PendingVerification => return Err(Error::NotVerified),
        EmploymentState::Rejected | EmploymentState::Withdrawn | EmploymentState::Ended => {
            return Err(Error::NotEmployed);
        }
    }
    grants::hold_active(tx, learner, organization)
        .await?
        .ok_or(Error::NotGranted)
}
