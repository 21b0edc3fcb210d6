//! Taking a report of progress; at 100 percent the certificate is issued.

use muster_database::DatabaseError;
use muster_ids::PersonAssignmentName;
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::{Assignment, Certificate, CertificateNumber, Percent};
use crate::error::Error;
use crate::store::{assignment, certificate, training};

/// Progress moves to an organization's assignment, and from there, when the employment is over, perhaps to another one's.
const MAX_MOVES: usize = 8;

/// Takes the report that the learner has come to `percent`. What was moved elsewhere meanwhile counts there. Completion and certificate commit together; reports on one
/// assignment take turns at its row, so that only one completes it.
///
/// # Errors
/// [`Failure::NotFound`]; [`Error::AssignmentClosed`]; the database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    name: PersonAssignmentName,
    percent: Percent,
) -> Result<Assignment, Error> {
    let locked = lock_where_it_is(tx, name).await?;
    match locked.report(percent, context.clock.new_id(), context.clock.now()) {
        Transition::Changed(changed) => {
            assignment::update(tx, &changed).await?;
            let number = CertificateNumber::of_bits(context.clock.new_secret());
            issue_certificate(tx, &changed, &number).await?;
            Ok(changed)
        }
        Transition::AlreadyDone(same) => Ok(same),
        Transition::Refused(_closed) => Err(Error::AssignmentClosed),
    }
}

/// The assignment, or the one that has its progress now.
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
) -> Result<(), DatabaseError> {
    let Some((complete_time, id)) = assignment.state.completion() else {
        return Ok(());
    };
    let found = training::find_all(tx, &[assignment.training]).await?;
    // A training is never deleted.
    let worth = found.first().map(|training| training.worth).unwrap_or_default();
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
    };
    certificate::insert(tx, &certificate, assignment.id).await
}
