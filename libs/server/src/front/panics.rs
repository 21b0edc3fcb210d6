//! A panic in a handler ends its call, not the process.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use muster_refusal::Refusal;
use tonic::Status;

/// Runs a call; a panic becomes INTERNAL. Where it happened is logged by the hook of [`install_hook`].
pub(crate) async fn caught<T>(call: impl Future<Output = Result<T, Status>>) -> Result<T, Status> {
    // What the handler held is dropped with it; the database room rolls back.
    AssertUnwindSafe(call)
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(Refusal::internal().into()))
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
        let call = async { if true { panic!("made up") } else { Ok(()) } };
        assert_eq!(caught(call).await.unwrap_err().code(), tonic::Code::Internal);
    }
}
