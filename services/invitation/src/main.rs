//! The invitation service.

use mimalloc::MiMalloc;

/// As the gateway has it, for the same reason: every call and every message allocates some dozens of small things.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> std::process::ExitCode {
    muster_server::main::<muster_invitation::InvitationApp>()
}
