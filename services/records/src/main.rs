//! The process of the records service.

use std::process::ExitCode;

fn main() -> ExitCode {
    muster_server::main::<muster_records::RecordsService>()
}
