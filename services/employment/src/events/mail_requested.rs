//! `mail.requested`: an administrator is to be mailed.

use muster_database::DatabaseError;
use muster_messaging::outbox::{self, NewEvent};
use muster_proto::notification::v1::{MailPurpose, MailRequestedEvent};
use muster_server::convert::timestamp;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::context::{Context, SELF};
use crate::domain::VerificationNotice;

/// The link is the same in all mails.
const GENERATION: i32 = 1;

/// Asks for a mail to an administrator, of whom the event says no more than the notice.
pub(crate) async fn mail_requested(
    tx: &mut PgConnection,
    context: &Context,
    notice: &VerificationNotice,
) -> Result<(), DatabaseError> {
    let time = context.clock.now();
    let event = NewEvent {
        id: context.clock.new_id(),
        organization: notice.organization,
        aggregate: notice.id.into(),
        sequence: notice.number.into(),
        time,
        actor: SELF.to_owned(),
        traceparent: None,
    };
    outbox::append(tx, event, &payload(notice, time)).await
}

fn payload(notice: &VerificationNotice, now: OffsetDateTime) -> MailRequestedEvent {
    MailRequestedEvent {
        subject: notice.name().to_string(),
        purpose: MailPurpose::EmploymentToVerify.into(),
        generation: GENERATION,
        request: notice.number,
        not_before: notice.mail_time.filter(|time| *time > now).map(timestamp),
    }
}
