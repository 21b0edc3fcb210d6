//! The process of the notification service.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// As the gateway has it, for the same reason: every call and every message allocates some dozens of small things.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    muster_server::main::<muster_notification::NotificationService>()
}
