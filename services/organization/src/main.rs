//! The process of the organization service.

use std::process::ExitCode;

fn main() -> ExitCode {
    muster_server::main::<muster_organization::OrganizationService>()
}
