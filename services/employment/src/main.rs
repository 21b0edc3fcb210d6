//! The process of the employment service.

use std::process::ExitCode;

fn main() -> ExitCode {
    muster_server::main::<muster_employment::EmploymentService>()
}
