//! Damage on purpose: what is to be found has to be found.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use clap::ValueEnum;
use lapin::options::BasicPublishOptions;
use lapin::{BasicProperties, Connection, ConnectionProperties};
use muster_messaging::topology::RECORDS;
use nix::sys::signal::Signal;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::ledger::{Invited, LastAct, Ledger};
use super::place::{Place, id};
use super::{mail, queues, work};

/// For a damage to be there.
const PATIENCE: Duration = Duration::from_secs(60);
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

/// One kind of damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Damage {
    /// Somebody may not accept who could
    RefusedCall,
    /// An invitation that was answered is gone
    LostInvitation,
    /// An invitation that was declined is another one
    ChangedState,
    /// There is an invitation that nobody asked for
    UnaskedInvitation,
    /// A row of a spreadsheet did not become an invitation
    LostRow,
    /// A row of a spreadsheet became two
    DoubledRow,
    /// The employment of an acceptance is gone
    LostEmployment,
    /// An acceptance made two employments
    DoubledEmployment,
    /// An invitation that nobody accepted made an employment
    UnaskedEmployment,
    /// The assignment that followed is gone
    LostAssignment,
    /// There are two of it
    DoubledAssignment,
    /// A mail never came
    LostMail,
    /// Somebody is mailed once more, and nobody knows
    DoubledMail,
    /// A mail that was refused is told as sent
    UntoldRefusal,
    /// A service does not know an event that was published to it
    UnheardEvent,
    /// An event was not published
    UnpublishedEvent,
    /// A message cannot be applied
    ParkedMessage,
    /// A request is not known when it comes again (whose answer sends a mail: the last damage of a run)
    ForgottenRequest,
}

/// A change of one row, beside everybody who looks after it: the database, and a statement with an organization and something of it.
type Change = (&'static str, &'static str);

/// What nobody can accept any more has run out.
const RUN_OUT: Change = (
    "invitation",
    "UPDATE invitations SET expire_time = create_time WHERE organization_id = $1 AND invitation_id = $2",
);
const LOST_INVITATION: Change = (
    "invitation",
    "WITH groups AS (DELETE FROM invitation_groups WHERE organization_id = $1 AND invitation_id = $2)
     DELETE FROM invitations WHERE organization_id = $1 AND invitation_id = $2",
);
const CHANGED_STATE: Change = (
    "invitation",
    "UPDATE invitations SET state = 'CANCELLED', decline_time = NULL, state_before_decline = NULL
     WHERE organization_id = $1 AND invitation_id = $2",
);
const UNASKED_INVITATION: Change = (
    "invitation",
    "INSERT INTO invitations
     SELECT copy.* FROM invitations i, jsonb_populate_record(i, jsonb_build_object('invitation_id', gen_random_uuid())) AS copy
     WHERE i.organization_id = $1 AND i.invitation_id = $2",
);
const LOST_ROW: Change = (
    "invitation",
    "UPDATE invitations SET import_id = NULL, source = 'MANUAL' WHERE invitation_id = (
         SELECT invitation_id FROM invitations WHERE organization_id = $1 AND import_id = $2 LIMIT 1)",
);
const DOUBLED_ROW: Change = (
    "invitation",
    "INSERT INTO invitations
     SELECT copy.* FROM invitations i, jsonb_populate_record(
         i, jsonb_build_object('invitation_id', gen_random_uuid(), 'state', 'CANCELLED')) AS copy
     WHERE i.organization_id = $1 AND i.import_id = $2 LIMIT 1",
);
const FORGOTTEN_REQUEST: Change = (
    "invitation",
    "DELETE FROM idempotency WHERE request_id = $2 AND $1 IS NOT NULL",
);
const LOST_EMPLOYMENT: Change = (
    "employment",
    "WITH groups AS (
         DELETE FROM employment_groups USING employments
         WHERE employment_groups.organization_id = $1 AND employments.organization_id = $1
           AND employment_groups.employment_id = employments.employment_id AND source_invitation_id = $2)
     DELETE FROM employments WHERE organization_id = $1 AND source_invitation_id = $2",
);
const DOUBLED_EMPLOYMENT: Change = (
    "employment",
    "INSERT INTO employments
     SELECT copy.* FROM employments e, jsonb_populate_record(
         e, jsonb_build_object('employment_id', gen_random_uuid(), 'state', 'WITHDRAWN')) AS copy
     WHERE e.organization_id = $1 AND e.source_invitation_id = $2",
);
const UNASKED_EMPLOYMENT: Change = (
    "employment",
    "INSERT INTO employments
     SELECT copy.* FROM employments e, jsonb_populate_record(
         e, jsonb_build_object('employment_id', gen_random_uuid(), 'state', 'WITHDRAWN', 'source_invitation_id', $2::uuid)) AS copy
     WHERE e.organization_id = $1 AND e.source_invitation_id IS NOT NULL LIMIT 1",
);
const LOST_ASSIGNMENT: Change = (
    "records",
    "DELETE FROM assignments WHERE organization_id = $1 AND person_id = $2",
);
const DOUBLED_ASSIGNMENT: Change = (
    "records",
    "INSERT INTO assignments
     SELECT copy.* FROM assignments a, jsonb_populate_record(
         a, jsonb_build_object('assignment_id', gen_random_uuid(), 'state', 'CANCELLED', 'cancel_reason', 'TAKEN_BACK')) AS copy
     WHERE a.organization_id = $1 AND a.person_id = $2",
);
const UNTOLD_REFUSAL: Change = (
    "notification",
    "UPDATE deliveries SET state = 'SENT', send_time = now()
     WHERE organization_id = $1 AND state = 'FAILED' AND subject = 'organizations/' || $1 || '/invitations/' || $2",
);
const UNHEARD_EVENT: Change = (
    "notification",
    "DELETE FROM inbox WHERE id = $2 AND $1 IS NOT NULL",
);
/// For as long as it takes to be found: what waits for longer would be in the way of others, who share the suite.
const UNPUBLISHED_EVENT: Change = (
    "employment",
    "UPDATE outbox SET published_at = NULL, next_attempt_at = now() + interval '1 minute'
     WHERE id = (SELECT id FROM outbox WHERE organization_id = $1 AND $2 IS NOT NULL ORDER BY id DESC LIMIT 1)",
);

/// Whom damage was done to already: the next one is done to somebody else, and is not found by the traces of another.
#[derive(Debug, Default)]
pub(crate) struct Victims(BTreeSet<String>);

impl Victims {
    /// Somebody to whose invitation this happened last, and whom mail can reach; with the id of the invitation.
    fn after(&mut self, last_act: LastAct, ledger: &Ledger) -> anyhow::Result<(Uuid, Invited)> {
        let after = |invited: &Invited| invited.last_act == last_act && !invited.is_unreachable();
        self.choose(ledger, after)
            .with_context(|| format!("no invitation is left that was {last_act:?}"))
    }

    fn choose(
        &mut self,
        ledger: &Ledger,
        suits: impl Fn(&Invited) -> bool,
    ) -> anyhow::Result<(Uuid, Invited)> {
        let mut all = ledger.invitations.iter();
        let (name, invited) = all
            .find(|(name, invited)| suits(invited) && !self.0.contains(*name))
            .context("nobody suits")?;
        self.0.insert(name.clone());
        Ok((id(name)?, invited.clone()))
    }
}

impl Damage {
    /// How it is named.
    pub(crate) fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Does it, to something of this run that was not damaged yet.
    ///
    /// # Errors
    /// There is nothing to damage, or it cannot be done.
    pub(crate) async fn inflict(
        self,
        place: &Place,
        ledger: &mut Ledger,
        victims: &mut Victims,
    ) -> anyhow::Result<()> {
        let organization = place.organization_id()?;
        let mut after = |last_act| victims.after(last_act, ledger);
        let (what, of) = match self {
            Self::DoubledMail => return send(place, &after(LastAct::Waiting)?.1.address),
            Self::LostMail => return lose(place, &after(LastAct::Waiting)?.1.address).await,
            Self::ParkedMessage => return park(place).await,
            Self::RefusedCall => {
                let (invitation, invited) = after(LastAct::Waiting)?;
                change(place, RUN_OUT, organization, invitation).await?;
                return accept(place, ledger, &invited.address).await;
            }
            Self::LostInvitation => (LOST_INVITATION, after(LastAct::Waiting)?.0),
            Self::ChangedState => (CHANGED_STATE, after(LastAct::Declined)?.0),
            Self::UnaskedInvitation => (UNASKED_INVITATION, after(LastAct::Cancelled)?.0),
            Self::LostRow => (LOST_ROW, import(ledger)?),
            Self::DoubledRow => (DOUBLED_ROW, import(ledger)?),
            Self::LostEmployment => (LOST_EMPLOYMENT, after(LastAct::Accepted)?.0),
            Self::DoubledEmployment => (DOUBLED_EMPLOYMENT, after(LastAct::Accepted)?.0),
            Self::UnaskedEmployment => (UNASKED_EMPLOYMENT, after(LastAct::Waiting)?.0),
            Self::LostAssignment => {
                let invitation = after(LastAct::Accepted)?.0;
                (LOST_ASSIGNMENT, person(place, invitation).await?)
            }
            Self::DoubledAssignment => {
                let invitation = after(LastAct::Accepted)?.0;
                (DOUBLED_ASSIGNMENT, person(place, invitation).await?)
            }
            Self::UntoldRefusal => {
                let refused = victims.choose(ledger, Invited::is_unreachable)?;
                (UNTOLD_REFUSAL, refused.0)
            }
            Self::UnheardEvent => (UNHEARD_EVENT, published(place).await?),
            Self::UnpublishedEvent => (UNPUBLISHED_EVENT, organization),
            Self::ForgottenRequest => {
                let asked = after(LastAct::Cancelled)?.1.request.request_id;
                (FORGOTTEN_REQUEST, asked.parse::<Uuid>()?)
            }
        };
        change(place, what, organization, of).await
    }
}

/// Exactly one row.
async fn change(
    place: &Place,
    (service, statement): Change,
    organization: Uuid,
    of: Uuid,
) -> anyhow::Result<()> {
    let done = sqlx::query(statement)
        .bind(organization)
        .bind(of)
        .execute(place.database(service)?)
        .await?;
    let rows = done.rows_affected();
    ensure!(rows == 1, "{rows} rows are touched by {statement}");
    Ok(())
}

/// The first spreadsheet.
fn import(ledger: &Ledger) -> anyhow::Result<Uuid> {
    let import = ledger.imports.first();
    id(&import.context("no spreadsheet was applied")?.name)
}

/// Who has accepted an invitation.
async fn person(place: &Place, invitation: Uuid) -> anyhow::Result<Uuid> {
    let person = sqlx::query_scalar(
        "SELECT person_id FROM invitations WHERE organization_id = $1 AND invitation_id = $2 AND person_id IS NOT NULL",
    );
    let person = person.bind(place.organization_id()?).bind(invitation);
    Ok(person.fetch_one(place.database("invitation")?).await?)
}

/// An event that asked for a mail.
async fn published(place: &Place) -> anyhow::Result<Uuid> {
    let event = sqlx::query_scalar(
        "SELECT id FROM outbox WHERE organization_id = $1 AND event_type = 'mail.requested' LIMIT 1",
    );
    let event = event.bind(place.organization_id()?);
    Ok(event.fetch_one(place.database("invitation")?).await?)
}

/// Accepts by the link that came in the mail, which is in order as far as anybody knows.
async fn accept(place: &Place, ledger: &mut Ledger, address: &str) -> anyhow::Result<()> {
    let token = mail::token(place, address).await?;
    let token = token.with_context(|| format!("{address} has no link"))?;
    let invitee = place.person(address)?;
    let accepted = work::accept(&invitee, &mut ledger.calls, token).await;
    ensure!(accepted.is_none(), "{address} could accept");
    Ok(())
}

/// A mail that the worker knows nothing of.
fn send(place: &Place, to: &str) -> anyhow::Result<()> {
    let mut server = TcpStream::connect(&place.addresses.smtp)?;
    let mut replies = BufReader::new(server.try_clone()?);
    let mut heard = String::new();
    replies.read_line(&mut heard)?;
    for line in [
        "HELO prove".to_owned(),
        "MAIL FROM:<nobody@example.test>".to_owned(),
        format!("RCPT TO:<{to}>"),
        "DATA".to_owned(),
        format!("To: {to}\r\nSubject: once more\r\n\r\nhello\r\n."),
        "QUIT".to_owned(),
    ] {
        server.write_all(format!("{line}\r\n").as_bytes())?;
        heard.clear();
        replies.read_line(&mut heard)?;
        ensure!(heard.starts_with(['2', '3']), "the inbox answers {heard}");
    }
    Ok(())
}

/// Whatever came to an address is gone. The inbox knows its messages by heart: another process of it looks at the files.
async fn lose(place: &Place, address: &str) -> anyhow::Result<()> {
    let files = mail::files(place, address).await?;
    ensure!(!files.is_empty(), "no mail came to {address}");
    for file in files {
        fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
    }
    if let Some(inbox) = place.workspace.pid_file("inbox").living() {
        inbox.signal(Signal::SIGKILL);
    }
    let is_lost = async || mail::count(place, address).await.is_ok_and(|count| count == 0);
    until("the inbox has not forgotten the mail", is_lost).await
}

/// A message that nobody can read.
async fn park(place: &Place) -> anyhow::Result<()> {
    let before = queues::parked(place).await?;
    let connection = Connection::connect(&place.broker_url()?, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let options = BasicPublishOptions::default();
    let properties = BasicProperties::default();
    channel
        .basic_publish("".into(), RECORDS.name.into(), options, b"nonsense", properties)
        .await?;
    connection.close(200, "done".into()).await?;
    let is_parked = async || queues::parked(place).await.is_ok_and(|now| now != before);
    until("the message is not parked", is_parked).await
}

async fn until(else_what: &str, mut is_so: impl AsyncFnMut() -> bool) -> anyhow::Result<()> {
    let began = Instant::now();
    while !is_so().await {
        if began.elapsed() > PATIENCE {
            bail!("after {} s {else_what}", PATIENCE.as_secs());
        }
        sleep(BETWEEN_LOOKS).await;
    }
    Ok(())
}
