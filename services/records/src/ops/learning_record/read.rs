//! Reading a learner's whole record, with their consent.

use muster_ids::{OrganizationId, PersonId};
use muster_server::Failure;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::{
    AccessKind, AccessReason, Assignment, Certificate, EmploymentState, ExportFormat, Grant, ReaderRole,
    RecordAccess,
};
use crate::error::Error;
use crate::ops::learner::know;
use crate::store::{assignment, certificate, employment_projection, grant, record_access};

/// The most of each kind that a record holds: with the longest names that is below 3 MiB.
const MAX_ITEMS: usize = 1_000;
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
    /// In which role; `None` of whoever has none there.
    pub(crate) role: Option<ReaderRole>,
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

impl Reader {
    /// That they read the whole record, which the grant opens; `export`: into a file.
    pub(super) fn access(
        &self,
        context: &Context,
        grant: &Grant,
        export: Option<ExportFormat>,
    ) -> RecordAccess {
        RecordAccess {
            kind: Some(AccessKind::Record),
            reader_role: self.role,
            person: grant.person,
            id: context.clock.new_id(),
            organization: self.organization,
            reader: self.person,
            reader_display_name: self.display_name.clone(),
            reason: AccessReason::Grant,
            grant: grant.id,
            access_time: context.clock.now(),
            export,
        }
    }
}

impl Record {
    fn of(mut assignments: Vec<Assignment>, mut certificates: Vec<Certificate>) -> Self {
        let is_truncated = assignments.len() > MAX_ITEMS || certificates.len() > MAX_ITEMS;
        assignments.truncate(MAX_ITEMS);
        certificates.truncate(MAX_ITEMS);
        Self {
            assignments,
            certificates,
            is_truncated,
        }
    }
}

/// Asks for an employment that no event has told of yet.
///
/// # Errors
/// Of a peer; the database's.
pub(crate) async fn prepare(
    context: &Context,
    organization: OrganizationId,
    learner: PersonId,
) -> Result<(), Error> {
    know::prepare(context, organization, learner).await
}

/// Reads the learner's record and logs that. The transaction holds the employment and the grant: neither ends before it
/// has committed, and what is read without a log entry does not leave it.
///
/// # Errors
/// [`Failure::NotFound`] when the person is no learner there; [`Error::NotEmployed`], [`Error::NotVerified`] and
/// [`Error::NotGranted`], which are not logged as readings; the database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    reader: Reader,
    learner: PersonId,
) -> Result<Record, Error> {
    let grant = lock_consent(tx, context, reader.organization, learner).await?;
    record_access::insert(tx, &reader.access(context, &grant, None)).await?;
    Ok(Record::of(
        assignment::list_of_person(tx, learner, None, FETCH).await?,
        certificate::list_of_person(tx, learner, None, FETCH).await?,
    ))
}

/// The grant that allows it, held until the transaction ends.
pub(super) async fn lock_consent(
    tx: &mut PgConnection,
    context: &Context,
    organization: OrganizationId,
    learner: PersonId,
) -> Result<Grant, Error> {
    let employment = employment_projection::lock(tx, organization, learner)
        .await?
        .ok_or(Failure::NotFound)?;
    match employment.state {
        EmploymentState::Verified => {}
        EmploymentState::PendingVerification => return Err(Error::NotVerified),
        EmploymentState::Rejected | EmploymentState::Withdrawn | EmploymentState::Ended => {
            return Err(Error::NotEmployed);
        }
    }
    grant::lock_active(tx, learner, organization, context.clock.now())
        .await?
        .ok_or(Error::NotGranted)
}
