//! Taking a report of progress; at 100 percent the certificate is issued.

use muster_database::DatabaseError;
use muster_database::idempotency::{self, Key};
use muster_ids::{CertificateId, PersonAssignmentName};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{Answer, Desk};
use crate::domain::{Assignment, Certificate, CertificateNumber, Percent, Step};
use crate::error::Error;
use crate::store::{assignments, certificates};

/// Takes the report that the learner has come to `percent`, once for the request's id. Completion and certificate
/// commit together; reports on one assignment take turns at its row, so that only one completes it.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::AssignmentClosed`]; [`Error::RequestIdReused`]; the database's.
pub(crate) async fn report_progress<A: Answer<Assignment>>(
    desk: &Desk,
    key: Key,
    name: PersonAssignmentName,
    percent: Percent,
) -> Result<A, Error> {
    let now = desk.clock.now();
    let number = CertificateNumber::of_bits(rand::random());
    let proof = Proof {
        id: CertificateId::from_uuid(desk.clock.new_uuid()),
        number,
    };
    idempotency::run(&desk.database, key, now, move |tx| {
        Box::pin(async move {
            let locked = assignments::lock(tx, name.person, name.assignment)
                .await?
                .ok_or(Error::NotFound)?;
            let step = locked
                .state
                .report(percent, now)
                .map_err(|_closed| Error::AssignmentClosed)?;
            Ok(A::from(take(tx, locked, step, proof, now).await?))
        })
    })
    .await
}

/// What a certificate needs that the assignment does not know, in case it is completed.
struct Proof {
    id: CertificateId,
    number: CertificateNumber,
}

async fn take(
    tx: &mut PgConnection,
    assignment: Assignment,
    step: Step,
    proof: Proof,
    now: OffsetDateTime,
) -> Result<Assignment, DatabaseError> {
    match step {
        Step::Nothing => return Ok(assignment),
        Step::Advance { percent, start_time } => {
            assignments::advance(tx, &assignment, percent, start_time).await?;
        }
        Step::Complete { start_time } => {
            assignments::complete(tx, &assignment, start_time, proof.id, now).await?;
            let certificate = Certificate {
                person: assignment.person,
                id: proof.id,
                number: proof.number.to_string(),
                training: assignment.training,
                training_display_name: assignment.training_display_name,
                organization: assignment.organization,
                issue_time: now,
            };
            certificates::insert(tx, &certificate, assignment.id).await?;
        }
    }
    assignments::get(tx, assignment.person, assignment.id).await
}
