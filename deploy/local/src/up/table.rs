//! The one table of addresses.

use crate::place::Place;
use crate::up::addresses;

/// Prints where everything is.
pub(super) fn print(place: &Place) -> anyhow::Result<()> {
    let all = addresses(place)?;
    println!("  Pages and RPCs   {}", all.gateway);
    println!("  Mail             {}   (SMTP {})", all.inbox, all.smtp);
    println!("  Traces           {}   (OTLP {})", all.traces, all.otlp);
    println!("  Issuer           {}", all.issuer);
    for (name, service) in all.services.iter().filter(|(name, _)| *name != "gateway") {
        println!(
            "  {name:16} {}   (health, metrics {})",
            service.grpc, service.admin
        );
    }
    println!(
        "  PostgreSQL       127.0.0.1:{}   (one address a service in {})",
        all.engines.postgres,
        show(place, "env")
    );
    println!("  RabbitMQ         127.0.0.1:{}", all.engines.amqp);
    println!(
        "  Logs             {}   (cargo dev logs SERVICE -f)",
        show(place, "logs")
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
