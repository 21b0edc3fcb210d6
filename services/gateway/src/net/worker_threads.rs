//! The threads that serve connections, each with a runtime of its own.
//!
//! A connection, its calls and the connections to services that these calls use all live on one thread. On a runtime of
//! several threads they wake each other across cores for every frame, which costs more than what the edge does for a call
//! (`cargo dev bench edge`).

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::runtime::{Builder, Handle};
use tokio_util::sync::CancellationToken;

/// One thread for each core. They end when it is dropped.
#[derive(Debug)]
pub(crate) struct WorkerThreads(Vec<Worker>);

#[derive(Debug)]
struct Worker {
    runtime: Handle,
    /// Cloned once for each connection: the strong count tells how many there are.
    connections: Arc<()>,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl WorkerThreads {
    /// One for each core.
    ///
    /// # Errors
    /// The system gives no more threads or files.
    pub(crate) fn start() -> io::Result<Self> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        (0..cores).map(Worker::start).collect::<Result<_, _>>().map(Self)
    }

    /// Serves a connection on the thread that has the fewest.
    pub(crate) fn spawn(&self, serving: impl Future<Output = ()> + Send + 'static) {
        let fewest = |worker: &&Worker| Arc::strong_count(&worker.connections);
        if let Some(worker) = self.0.iter().min_by_key(fewest) {
            let connection = Arc::clone(&worker.connections);
            worker.runtime.spawn(async move {
                serving.await;
                drop(connection);
            });
        }
    }
}

impl Worker {
    fn start(number: usize) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let thread = thread::Builder::new()
            .name(format!("edge-{number}"))
            .spawn(move || runtime.block_on(stopped.cancelled()))?;
        Ok(Self {
            runtime: handle,
            connections: Arc::default(),
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop.cancel();
        // It has nothing left to do, or is told to leave it: it ends at once.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
