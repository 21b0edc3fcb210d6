//! `parked`: what an operator does about messages that a service could not handle.

use clap::ValueEnum;
use muster_clock::Clock;
use muster_ids::EventId;
use muster_messaging::parked::{self, Parked, Selection};
use muster_messaging::{Broker, QueueSpec};

use crate::settings::{BrokerSettings, TelemetrySettings};

/// What `parked` is told.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ParkedSettings {
    /// What to do with parked messages
    #[arg(value_name = "ACTION", default_value = "list")]
    action: Action,
    /// Only the event with this id
    #[arg(long, value_name = "ID")]
    event: Option<EventId>,
    /// All that are parked now; `retry` and `purge` want this or `--event`
    #[arg(long, conflicts_with = "event")]
    all: bool,
    /// The most that `list` shows
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    limit: usize,
    #[command(flatten)]
    broker: BrokerSettings,
    #[command(flatten)]
    pub(crate) telemetry: TelemetrySettings,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Action {
    /// Shows them, without their payloads
    List,
    /// Puts them at the end of the service's queue; what was applied already is recognised there
    Retry,
    /// Throws them away for good
    Purge,
}

/// Lists, retries or purges what `service` has parked, and says on standard output what was done.
pub(crate) async fn run(service: &'static str, settings: ParkedSettings) -> anyhow::Result<()> {
    let Some(queue) = QueueSpec::of_service(service) else {
        println!("The {service} service consumes no events, so it parks none.");
        return Ok(());
    };
    let broker = Broker::new(settings.broker.options(service))?;
    match settings.action {
        Action::List => {
            let parked = parked::list(&broker, queue, settings.limit).await?;
            parked.iter().for_each(|message| println!("{}", line(message)));
            eprintln!("{} parked in {}", parked.len(), queue.parked);
        }
        Action::Retry => {
            let count = parked::retry(&broker, queue, settings.selection()?, &Clock::system()).await?;
            println!("{count} put back into {}", queue.name);
        }
        Action::Purge => {
            let count = parked::purge(&broker, queue, settings.selection()?).await?;
            println!("{count} thrown away");
        }
    }
    Ok(())
}

impl ParkedSettings {
    fn selection(&self) -> anyhow::Result<Selection> {
        match (self.event, self.all) {
            (Some(id), _) => Ok(Selection::Event(id)),
            (None, true) => Ok(Selection::All),
            (None, false) => anyhow::bail!("say which messages: --event ID, or --all"),
        }
    }
}

/// Id, type, aggregate, time and reason, separated by tabs; a dash for what cannot be read. What strangers wrote is
/// escaped: it stays in its line, and the terminal as it is.
fn line(message: &Parked) -> String {
    let unknown = || "-".to_owned();
    let event = message.event.as_ref();
    let id = event
        .map(|event| event.id.to_string())
        .or_else(|| message.message_id.as_deref().map(escaped));
    [
        id.unwrap_or_else(unknown),
        event.map_or_else(unknown, |event| event.event_type.to_string()),
        event.map_or_else(unknown, |event| event.aggregate.to_string()),
        event.map_or_else(unknown, |event| event.time.to_string()),
        message.reason.as_deref().map_or_else(unknown, escaped),
    ]
    .join("\t")
}

fn escaped(text: &str) -> String {
    text.escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_writes_neither_lines_nor_to_the_terminal() {
        let message = Parked {
            event: None,
            message_id: Some("x\t\n\u{1b}[2J".to_owned()),
            reason: Some("rejected".to_owned()),
        };
        assert_eq!(line(&message), "x\\t\\n\\u{1b}[2J\t-\t-\t-\trejected");
    }
}
