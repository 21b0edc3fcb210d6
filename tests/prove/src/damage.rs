//! Damage on purpose: what is to be found has to be found.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use anyhow::{Context, ensure};
use clap::ValueEnum;
use lapin::options::BasicPublishOptions;
use lapin::{BasicProperties, Connection, ConnectionProperties};
use muster_messaging::topology::RECORDS;

use super::ledger::{LastAct, Ledger};
use super::place::{Place, id};

/// One kind of damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Damage {
    /// An invitation that was answered is gone
    LostInvitation,
    /// The employment of an acceptance is gone
    LostEmployment,
    /// The assignment that followed is gone
    LostAssignment,
    /// Somebody is mailed once more, and nobody knows
    DoubledMail,
    /// A service does not know an event that was published to it
    UnheardEvent,
    /// A message cannot be applied
    ParkedMessage,
    /// A row of a spreadsheet did not become an invitation
    LostRow,
}

impl Damage {
    /// Does it, to something of this run.
    ///
    /// # Errors
    /// There is nothing to damage, or it cannot be done.
    pub(crate) async fn inflict(self, place: &Place, ledger: &Ledger) -> anyhow::Result<()> {
        let organization = place.organization_id()?;
        let after = |last_act: LastAct| {
            let mut all = ledger.invitations.iter();
            all.find(|(_, invited)| invited.last_act == last_act)
                .with_context(|| format!("no invitation was {last_act:?}"))
        };
        let (service, statement, of) = match self {
            Self::DoubledMail => return send(place, &after(LastAct::Waiting)?.1.address),
            Self::ParkedMessage => return publish(place).await,
            Self::LostInvitation => {
                let statement = "WITH groups AS (
                         DELETE FROM invitation_groups WHERE organization_id = $1 AND invitation_id = $2)
                     DELETE FROM invitations WHERE organization_id = $1 AND invitation_id = $2";
                ("invitation", statement, id(after(LastAct::Waiting)?.0)?)
            }
            Self::LostEmployment => {
                let statement = "WITH groups AS (
                         DELETE FROM employment_groups USING employments
                         WHERE employment_groups.organization_id = $1 AND employments.organization_id = $1
                           AND employment_groups.employment_id = employments.employment_id AND source_invitation_id = $2)
                     DELETE FROM employments WHERE organization_id = $1 AND source_invitation_id = $2";
                ("employment", statement, id(after(LastAct::Accepted)?.0)?)
            }
            Self::LostAssignment => {
                let statement = "DELETE FROM assignments WHERE assignment_id = (
                         SELECT assignment_id FROM assignments WHERE organization_id = $1 AND $2 IS NOT NULL LIMIT 1)";
                ("records", statement, organization)
            }
            Self::UnheardEvent => {
                let event: uuid::Uuid = sqlx::query_scalar(
                    "SELECT id FROM outbox WHERE organization_id = $1 AND event_type = 'mail.requested' LIMIT 1",
                )
                .bind(organization)
                .fetch_one(place.database("invitation")?)
                .await?;
                let statement = "DELETE FROM inbox WHERE id = $2 AND $1 IS NOT NULL";
                ("notification", statement, event)
            }
            Self::LostRow => {
                let import = ledger.imports.first().context("no spreadsheet was applied")?;
                let statement = "UPDATE invitations SET import_id = NULL, source = 'MANUAL' WHERE invitation_id = (
                         SELECT invitation_id FROM invitations WHERE organization_id = $1 AND import_id = $2 LIMIT 1)";
                ("invitation", statement, id(&import.name)?)
            }
        };
        let done = sqlx::query(statement)
            .bind(organization)
            .bind(of)
            .execute(place.database(service)?)
            .await?;
        ensure!(
            done.rows_affected() == 1,
            "{self:?} touched {} rows",
            done.rows_affected()
        );
        Ok(())
    }
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

/// A message that nobody can read.
async fn publish(place: &Place) -> anyhow::Result<()> {
    let connection = Connection::connect(&place.broker_url()?, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let options = BasicPublishOptions::default();
    let properties = BasicProperties::default();
    channel
        .basic_publish("".into(), RECORDS.name.into(), options, b"nonsense", properties)
        .await?;
    connection.close(200, "done".into()).await?;
    Ok(())
}
