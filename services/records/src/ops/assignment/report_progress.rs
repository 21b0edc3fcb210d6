//! Taking a report of progress; at 100 percent the certificate is issued.

use std::time::Duration;

use muster_database::{DatabaseError, deadline};
use muster_ids::{OrganizationId, PersonAssignmentName};
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;
use tokio::time::timeout;

use crate::context::Context;
use crate::domain::{Assignment, Certificate, CertificateNames, CertificateNumber, Percent};
use crate::error::Error;
use crate::ops::certificate::name;
use crate::store::{assignment, certificate, training};

/// Progress moves to an organization's assignment, and from there, when the employment is over, perhaps to another one's.
const MAX_MOVES: usize = 8;

/// For how long a report waits to learn what a certificate is to call those whom it is about, and no longer than half of the time
/// that is left for it.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a certificate for this organization calls those whom it is about.
#[derive(Debug, Clone)]
pub(crate) struct Called {
    organization: OrganizationId,
    names: CertificateNames,
}

/// Asks what they are called, before something is completed for an organization. `None` where there is nothing to ask, and where
/// nobody answers: what somebody has completed is not lost for that, and [`NameCertificates`] asks again.
///
/// # Errors
/// The database's.
///
/// [`NameCertificates`]: crate::ops::certificate::name_certificates::NameCertificates
pub(crate) async fn prepare(
    context: &Context,
    assignment: PersonAssignmentName,
    percent: Percent,
) -> Result<Option<Called>, Error> {
    if percent != Percent::WHOLE {
        return Ok(None);
    }
    let find = async |db: &mut PgConnection| find_where_it_is(db, assignment).await;
    let found = context.database.read(find).await?;
    let Some(found) = found.filter(|found| found.state.completion().is_none()) else {
        return Ok(None);
    };
    let Some(organization) = found.organization else {
        return Ok(None);
    };
    let patience = deadline::remaining().map_or(PATIENCE, |left| PATIENCE.min(left / 2));
    let asked = timeout(patience, name::ask(context, organization, found.person)).await;
    match asked {
        Ok(Ok(names)) => Ok(Some(Called { organization, names })),
        Ok(Err(error)) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a certificate may be issued without names"
            );
            Ok(None)
        }
        Err(_) => {
            tracing::warn!("a certificate may be issued without names: nobody answered in time");
            Ok(None)
        }
    }
}

/// Takes the report that the learner has come to `percent`. What was moved elsewhere meanwhile counts there. Completion and certificate commit together; reports on one
/// assignment take turns at its row, so that only one completes it. `called`: what [`prepare`] has found out.
///
/// # Errors
/// [`Failure::NotFound`]; [`Error::AssignmentClosed`]; the database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    name: PersonAssignmentName,
    percent: Percent,
    called: Option<Called>,
) -> Result<Assignment, Error> {
    let locked = lock_where_it_is(tx, name).await?;
    match locked.report(percent, context.clock.new_id(), context.clock.now()) {
        Transition::Changed(changed) => {
            assignment::update(tx, &changed).await?;
            let number = CertificateNumber::of_bits(context.clock.new_secret());
            issue_certificate(tx, &changed, &number, called).await?;
            Ok(changed)
        }
        Transition::AlreadyDone(same) => Ok(same),
        Transition::Refused(_closed) => Err(Error::AssignmentClosed),
    }
}

/// The assignment, or the one that has its progress now.
async fn find_where_it_is(
    db: &mut PgConnection,
    name: PersonAssignmentName,
) -> Result<Option<Assignment>, DatabaseError> {
    let mut next = name;
    for _ in 0..MAX_MOVES {
        let found = assignment::find(db, next.person, next.assignment).await?;
        match found.as_ref().and_then(|found| found.transferred_to) {
            Some(to) => next = to,
            None => return Ok(found),
        }
    }
    Ok(None)
}

/// The same, locked until the transaction ends.
async fn lock_where_it_is(tx: &mut PgConnection, name: PersonAssignmentName) -> Result<Assignment, Error> {
    let mut next = name;
    for _ in 0..MAX_MOVES {
        let locked = assignment::lock(tx, next.person, next.assignment).await?;
        let locked = locked.ok_or(Failure::NotFound)?;
        match locked.transferred_to {
            Some(to) => next = to,
            None => return Ok(locked),
        }
    }
    Err(Error::AssignmentClosed)
}

/// Of an assignment that is completed now.
async fn issue_certificate(
    tx: &mut PgConnection,
    assignment: &Assignment,
    number: &CertificateNumber,
    called: Option<Called>,
) -> Result<(), DatabaseError> {
    let Some((complete_time, id)) = assignment.state.completion() else {
        return Ok(());
    };
    let found = training::find_all(tx, &[assignment.training]).await?;
    // A training is never deleted.
    let worth = found.first().map(|training| training.worth).unwrap_or_default();
    // Whose it is may have changed while that was asked.
    let called = called.filter(|called| Some(called.organization) == assignment.organization);
    let certificate = Certificate {
        person: assignment.person,
        id,
        number: number.to_string(),
        training: assignment.training,
        training_display_name: assignment.training_display_name.clone(),
        organization: assignment.organization,
        issue_time: complete_time,
        duration_minutes: worth.duration_minutes,
        expire_time: worth.expire_time(complete_time),
        names: called.map(|called| called.names).unwrap_or_default(),
    };
    certificate::insert(tx, &certificate, assignment.id).await
}
