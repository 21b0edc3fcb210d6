//! Printing that never brings anything down: whoever reads our output may stop reading (`cargo dev status | head`).

use std::time::Duration;

/// `println!`, without its panic when nobody listens any more.
macro_rules! say {
    ($($format:tt)*) => {{
        use std::io::Write as _;
        // There is nobody to tell.
        let _ = writeln!(std::io::stdout(), $($format)*);
    }};
}

pub(crate) use say;

/// One step that is done, and the time it took.
pub(crate) fn done(what: &str, took: Duration) {
    say!("  ✓ {what:14} {:5.1} s", took.as_secs_f64());
}
