//! A panic in a handler ends its call, not the process.

use muster_refusal::Refusal;
use tokio::task::JoinError;
use tonic::Status;

use super::shutting_down;

/// What a call answers whose task ended without an answer: INTERNAL for a panic. Where that happened is logged by the
/// hook of [`install_hook`]; what the handler held was dropped with it, and an open transaction rolled back.
pub(crate) fn unanswered(ended: JoinError) -> Status {
    if ended.is_panic() {
        Refusal::internal().into()
    } else {
        shutting_down()
    }
}

/// Logs panics with the trace they belong to. Without their message: it may hold the value that caused it.
pub(crate) fn install_hook() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panicked");
        metrics::counter!("panics_total").increment(1);
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_internal() {
        let ended = tokio::spawn(async { panic!("made up") }).await.unwrap_err();
        assert_eq!(unanswered(ended).code(), tonic::Code::Internal);
    }
}
