//! `outbox`: what an operator asks about events that wait to be published, and has published once more.

use anyhow::Context as _;
use clap::ValueEnum;
use muster_database::Database;
use muster_ids::EventId;
use muster_messaging::outbox::{self, Again, Waiting};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::settings::DatabaseSettings;

/// What `outbox` is told.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct OutboxSettings {
    /// What to do
    #[arg(value_name = "ACTION", default_value = "list")]
    action: Action,
    /// Only the event with this id
    #[arg(long, value_name = "ID")]
    event: Option<EventId>,
    /// All that were published since: a time with its zone, such as 2026-03-01T12:00:00Z; `republish` wants this or `--event`
    #[arg(long, value_name = "TIME", value_parser = time_of, conflicts_with = "event")]
    since: Option<OffsetDateTime>,
    #[command(flatten)]
    database: DatabaseSettings,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Action {
    /// Shows what waits to be published, a type a line: how many, since when, and how often the relay has tried
    List,
    /// Has events published once more, of the last seven days: after a broker was lost, or a consumer's database restored.
    /// Who applied one already recognises it
    Republish,
}

fn time_of(text: &str) -> Result<OffsetDateTime, String> {
    let example = "must be a time with its zone, such as 2026-03-01T12:00:00Z";
    OffsetDateTime::parse(text, &Rfc3339).map_err(|_| example.to_owned())
}

/// Does it, and says on standard output what was done.
pub(crate) async fn run(service: &'static str, settings: OutboxSettings) -> anyhow::Result<()> {
    let again = settings.again()?;
    let database = Database::connect(settings.database.options(service))?;
    match again {
        None => {
            let waiting = outbox::waiting(&database).await?;
            waiting.iter().for_each(|waiting| println!("{}", line(waiting)));
            let all: i64 = waiting.iter().map(|waiting| waiting.count).sum();
            eprintln!("{all} wait to be published by {service}");
        }
        Some(again) => {
            let count = outbox::publish_again(&database, again).await?;
            println!("{count} to be published again by {service}");
            if count == 0 {
                eprintln!("none such was published in the last seven days, or it waits already: see `list`");
            }
        }
    }
    Ok(())
}

impl OutboxSettings {
    /// `None`: only to look.
    fn again(&self) -> anyhow::Result<Option<Again>> {
        let named = self.event.map(Again::Event).or(self.since.map(Again::Since));
        match self.action {
            Action::List => {
                anyhow::ensure!(
                    named.is_none(),
                    "`list` shows all; --event and --since are for `republish`"
                );
                Ok(None)
            }
            Action::Republish => named
                .context("say which events: --since TIME, or --event ID")
                .map(Some),
        }
    }
}

/// Type, number, time of the oldest and attempts, separated by tabs.
fn line(waiting: &Waiting) -> String {
    let Waiting {
        event_type,
        count,
        oldest_time,
        attempts,
    } = waiting;
    let oldest = oldest_time.format(&Rfc3339).unwrap_or_default();
    // A newer release may have written a type that is unknown here, but none that is no word.
    format!("{}\t{count}\t{oldest}\t{attempts}", event_type.escape_debug())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_line_is_for_people_and_for_cut() {
        let waiting = Waiting {
            event_type: "invitation.accepted".to_owned(),
            count: 3,
            oldest_time: datetime!(2026-03-01 12:00:00 UTC),
            attempts: 1,
        };
        assert_eq!(line(&waiting), "invitation.accepted\t3\t2026-03-01T12:00:00Z\t1");
    }

    #[test]
    fn a_time_has_a_zone() {
        assert_eq!(
            time_of("2026-03-01T13:00:00+01:00"),
            Ok(datetime!(2026-03-01 12:00:00 UTC))
        );
        for wrong in ["2026-03-01", "2026-03-01T12:00:00", "yesterday", ""] {
            assert!(time_of(wrong).is_err(), "{wrong}");
        }
    }
}
