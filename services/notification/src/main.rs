//! The process of the notification service.

use std::process::ExitCode;

fn main() -> ExitCode {
    muster_server::main::<muster_notification::NotificationService>()
}
