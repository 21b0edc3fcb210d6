//! `cargo dev`.

use std::process::ExitCode;

fn main() -> ExitCode {
    muster_local::main()
}
