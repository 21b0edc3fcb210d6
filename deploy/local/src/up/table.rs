//! The one table of addresses.

use crate::addresses::Addresses;
use crate::outln;
use crate::workspace::Workspace;

/// Prints where everything is.
pub(super) fn print(workspace: &Workspace) -> anyhow::Result<()> {
    let all = Addresses::read(workspace)?;
    outln!("  Pages and RPCs   {}", all.gateway);
    outln!(
        "  A page of yours  {}   (yours to listen at: its scripts may call the gateway)",
        all.app
    );
    outln!("  Mail             {}   (SMTP {})", all.inbox, all.smtp);
    outln!("  Bounced mail     {}   (LMTP)", all.bounces);
    outln!("  Traces           {}   (OTLP {})", all.traces, all.otlp);
    outln!("  Issuer           {}", all.issuer);
    for (name, service) in all.services.iter().filter(|(name, _)| *name != "gateway") {
        outln!(
            "  {name:16} {}   (health, metrics {})",
            service.grpc,
            service.admin
        );
    }
    outln!(
        "  PostgreSQL       127.0.0.1:{}   (one address a service in {})",
        all.engines.postgres,
        show(workspace, "env")
    );
    outln!("  RabbitMQ         127.0.0.1:{}", all.engines.amqp);
    outln!(
        "  Logs             {}   ({} logs SERVICE -f)",
        show(workspace, "logs"),
        workspace.command()
    );
    Ok(())
}

fn show(workspace: &Workspace, below: &str) -> String {
    let path = workspace.at(below);
    path.strip_prefix(&workspace.root)
        .unwrap_or(&path)
        .display()
        .to_string()
}
