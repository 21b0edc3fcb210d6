//! When the mails to a mailbox were due, by the invitations of an organization.

use std::collections::{BTreeSet, HashMap, HashSet};

use muster_database::DatabaseError;
use muster_ids::OrganizationId;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::state_lists::mailbox;
use crate::domain::mailbox::{DAY, Mailbox, Mailed};

/// Waits until nobody else has mails to these mailboxes counted who has not committed: whoever counts then sees all mails that
/// were asked for before. To be asked when no row of an invitation is waited for any more, in a statement before the count.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    organization: OrganizationId,
    mailboxes: &BTreeSet<Mailbox>,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "SELECT pg_advisory_xact_lock(hashtextextended('mails ' || $1::text || wanted.mailbox, 0))
         FROM unnest($2::text[]) AS wanted (mailbox)",
    )
    .bind(organization)
    .bind(names(mailboxes))
    .execute(tx)
    .await?;
    Ok(())
}

/// What [`look`] finds.
pub(crate) struct Looked {
    /// The mails to each of the mailboxes, as far as they are not taken back.
    pub(crate) mailed: HashMap<String, Mailed>,
    /// The mailboxes of people who want no further invitation of the organization.
    pub(crate) unwanted: HashSet<String>,
}

/// What was due to the mailboxes in the day before `since` or is due later, and who of them wants no further invitation.
pub(crate) async fn look(
    connection: &mut PgConnection,
    organization: OrganizationId,
    mailboxes: &BTreeSet<Mailbox>,
    since: OffsetDateTime,
) -> Result<Looked, DatabaseError> {
    // What is due within a day before the latest mail of an invitation stands in its `mail_times`, so that those with an
    // earlier `send_time` have none.
    let found: Vec<(String, bool, Vec<OffsetDateTime>)> = sqlx::query_as(concat!(
        "SELECT wanted.mailbox,
                (SELECT true FROM opt_outs o WHERE o.organization_id = $1 AND ",
        mailbox!("o"),
        " = wanted.mailbox LIMIT 1) IS NOT NULL,
                ARRAY(SELECT mail.due_time FROM (
                    SELECT unnest(i.mail_times) AS due_time FROM invitations i
                    WHERE ",
        mailbox!("i"),
        " = wanted.mailbox AND i.organization_id = $1 AND i.send_time > $3
                ) AS mail WHERE mail.due_time > $3)
         FROM unnest($2::text[]) AS wanted (mailbox)",
    ))
    .bind(organization)
    .bind(names(mailboxes))
    .bind(since - DAY)
    .fetch_all(connection)
    .await?;
    let mut looked = Looked {
        mailed: HashMap::new(),
        unwanted: HashSet::new(),
    };
    for (mailbox, is_unwanted, times) in found {
        let mailed = looked.mailed.entry(mailbox.clone()).or_default();
        times.into_iter().for_each(|time| mailed.note(time));
        if is_unwanted {
            looked.unwanted.insert(mailbox);
        }
    }
    Ok(looked)
}

fn names(mailboxes: &BTreeSet<Mailbox>) -> Vec<&str> {
    mailboxes.iter().map(Mailbox::as_str).collect()
}
