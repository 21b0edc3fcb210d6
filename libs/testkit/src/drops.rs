//! Cleaning up asynchronously from `Drop`, whatever runtime the test used.

use std::future::Future;

/// Runs the future to its end on a thread and runtime of its own: the test's runtime may be going away. Failures are
/// ignored: the test may have taken away the very thing that is cleaned up.
pub(crate) fn finish<F>(cleaning: F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        if let Ok(runtime) = runtime {
            runtime.block_on(async { drop(tokio::time::timeout(PATIENCE, cleaning).await) });
        }
    });
    drop(thread.join());
}

const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);
