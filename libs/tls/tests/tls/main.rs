//! TLS between two ends of the suite, over real connections.
#![expect(
    clippy::unwrap_used,
    reason = "a failure in a helper is the failure of its test"
)]

mod callers;
