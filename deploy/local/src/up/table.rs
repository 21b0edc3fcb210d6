//! The one table of addresses.

use crate::addresses::Addresses;
use crate::place::Place;
use crate::say::say;

/// Prints where everything is.
pub(super) fn print(place: &Place) -> anyhow::Result<()> {
    let all = Addresses::read(place)?;
    say!("  Pages and RPCs   {}", all.gateway);
    say!(
        "  A page of yours  {}   (yours to listen at: its scripts may call the gateway)",
        all.app
    );
    say!("  Mail             {}   (SMTP {})", all.inbox, all.smtp);
    say!("  Traces           {}   (OTLP {})", all.traces, all.otlp);
    say!("  Issuer           {}", all.issuer);
    for (name, service) in all.services.iter().filter(|(name, _)| *name != "gateway") {
        say!(
            "  {name:16} {}   (health, metrics {})",
            service.grpc,
            service.admin
        );
    }
    say!(
        "  PostgreSQL       127.0.0.1:{}   (one address a service in {})",
        all.engines.postgres,
        show(place, "env")
    );
    say!("  RabbitMQ         127.0.0.1:{}", all.engines.amqp);
    say!(
        "  Logs             {}   ({} logs SERVICE -f)",
        show(place, "logs"),
        place.command()
    );
    Ok(())
}

fn show(place: &Place, below: &str) -> String {
    let path = place.at(below);
    path.strip_prefix(&place.root)
        .unwrap_or(&path)
        .display()
        .to_string()
}
