//! A process of its own, as far as one can have it here.

use muster_database::{Database, DatabaseOptions};
use muster_testkit::{TestDatabase, eventually};
use tokio::runtime::{Builder, Runtime};

/// Its work and its connections end with its runtime, wherever they are.
pub(crate) struct Process {
    runtime: Option<Runtime>,
    database: Database,
}

impl Process {
    pub(crate) async fn start(test: &TestDatabase) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let options = DatabaseOptions::new(test.url()).pool(4);
        let connecting = runtime.spawn(async move {
            let database = Database::connect(options).unwrap();
            database.be_present();
            database
        });
        let database = connecting.await.unwrap();
        eventually(async || database.lease_token().get_version_num() == 8).await;
        Self {
            runtime: Some(runtime),
            database,
        }
    }

    pub(crate) fn database(&self) -> Database {
        self.database.clone()
    }

    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.runtime.as_ref().unwrap().spawn(work);
    }

    pub(crate) fn kill(self) {}
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
