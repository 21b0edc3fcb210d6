//! Printing that never brings anything down: whoever reads our output may stop reading (`cargo dev status | head`).

/// `println!`, without its panic when nobody listens any more.
macro_rules! say {
    ($($format:tt)*) => {{
        use std::io::Write as _;
        // There is nobody to tell.
        let _ = writeln!(std::io::stdout(), $($format)*);
    }};
}

pub(crate) use say;
