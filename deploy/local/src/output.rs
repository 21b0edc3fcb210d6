//! Printing that never brings anything down: whoever reads our output may stop reading (`cargo dev status | head`).

use std::io::{Error, ErrorKind};
use std::process::ExitCode;
use std::time::Duration;

/// `println!`, without its panic when nobody reads any more.
#[macro_export]
macro_rules! outln {
    ($($format:tt)*) => {{
        use std::io::Write as _;
        let _nobody_reads = writeln!(std::io::stdout(), $($format)*);
    }};
}

/// One step that is done, and the time it took.
pub(crate) fn done(what: &str, took: Duration) {
    outln!("  ✓ {what:14} {:5.1} s", took.as_secs_f64());
}

/// How a program ends: with the code of its command, or with what went wrong on standard error.
#[must_use]
pub fn exit_code(ended: anyhow::Result<ExitCode>) -> ExitCode {
    match ended {
        Ok(code) => code,
        // Whoever read our output has seen enough (`cargo dev logs | head`).
        Err(error)
            if error
                .downcast_ref::<Error>()
                .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe) =>
        {
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("muster: {error:#}");
            ExitCode::FAILURE
        }
    }
}
