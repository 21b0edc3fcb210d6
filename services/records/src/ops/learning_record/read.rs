//! Reading a learner's whole record, with their consent, or as registry staff for a stated reason.

use muster_clock::Zone;
use muster_ids::{OrganizationId, PersonId};
use muster_server::Failure;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::{
    AccessKind, Assignment, Capacity, Certificate, EmploymentState, ExportFormat, Permit, RecordAccess,
};
use crate::error::Error;
use crate::ops::learner::know;
use crate::store::{assignment, certificate, employment_projection, grant, record_access};

/// The most of each kind that a record holds: with the longest names that is below 3 MiB.
const MAX_ITEMS: usize = 1_000;
/// One more, which tells whether there are older ones.
const FETCH: i64 = 1_001;

/// Who asks to read, and for which organization.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The organization for which they read.
    pub(crate) organization: OrganizationId,
    /// Who.
    pub(crate) person: PersonId,
    /// Their name, from their own token; may be empty.
    pub(crate) display_name: String,
    /// As what.
    pub(crate) capacity: Capacity,
}

/// The same, with all that is shown to whom they read about.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    pub(crate) caller: Caller,
    /// What people call the organization now.
    pub(crate) organization_display_name: String,
    /// In which they are told its times.
    pub(crate) zone: Zone,
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
    /// Asks what the organization is called, and where it is.
    ///
    /// # Errors
    /// Of a peer: a reading of which the person could not be told for whom it was is none.
    pub(crate) async fn of(context: &Context, caller: Caller) -> Result<Self, Error> {
        let told = context.peers.organization(caller.organization).await?;
        let told = told.unwrap_or_default();
        Ok(Self {
            caller,
            organization_display_name: told.display_name,
            zone: told.time_zone.as_deref().map(Zone::named).unwrap_or_default(),
        })
    }

    /// That they read so much of the learner's record; `export`: into a file.
    pub(crate) fn access(
        &self,
        context: &Context,
        kind: AccessKind,
        (learner, permit): (PersonId, Permit),
        export: Option<ExportFormat>,
    ) -> RecordAccess {
        RecordAccess {
            kind: Some(kind),
            reader_role: self.caller.capacity.role(),
            person: learner,
            id: context.clock.new_id(),
            organization: self.caller.organization,
            organization_display_name: self.organization_display_name.clone(),
            reader: self.caller.person,
            reader_display_name: self.caller.display_name.clone(),
            permit,
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
/// [`Failure::NotFound`] when the person is no learner there; but for registry staff [`Error::NotEmployed`],
/// [`Error::NotVerified`] and [`Error::NotGranted`], which are not logged as readings; the database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    reader: Reader,
    learner: PersonId,
) -> Result<Record, Error> {
    let permit = lock_permit(tx, context, &reader, learner).await?;
    let access = reader.access(context, AccessKind::Record, (learner, permit), None);
    record_access::insert(tx, &access).await?;
    Ok(Record::of(
        assignment::list_of_person(tx, learner, None, FETCH).await?,
        certificate::list_of_person(tx, learner, None, FETCH).await?,
    ))
}

/// What allows it, held until the transaction ends.
pub(super) async fn lock_permit(
    tx: &mut PgConnection,
    context: &Context,
    reader: &Reader,
    learner: PersonId,
) -> Result<Permit, Error> {
    let organization = reader.caller.organization;
    let employment = employment_projection::lock(tx, organization, learner)
        .await?
        .ok_or(Failure::NotFound)?;
    if reader.caller.capacity == Capacity::Staff {
        return Ok(Permit::Staff);
    }
    match employment.state {
        EmploymentState::Verified => {}
        EmploymentState::PendingVerification => return Err(Error::NotVerified),
        EmploymentState::Rejected | EmploymentState::Withdrawn | EmploymentState::Ended => {
            return Err(Error::NotEmployed);
        }
    }
    let granted = grant::lock_active(tx, learner, organization, context.clock.now()).await?;
    granted
        .map(|grant| Permit::Grant(grant.id))
        .ok_or(Error::NotGranted)
}
