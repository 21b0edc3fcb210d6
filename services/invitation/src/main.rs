//! The invitation service.

fn main() -> std::process::ExitCode {
    muster_server::main::<muster_invitation::InvitationApp>()
}
