//! The real program of a service, for tests that kill it.

use std::ffi::OsString;
use std::process::{Child, Command};

use muster_server::Service;

use crate::{TestService, TestSuite};

/// A process of a service, which ends with this value at the latest.
#[derive(Debug)]
pub struct Program(Child);

impl Program {
    /// Starts the program at `path` as another replica of `service`, listening anywhere. It goes by the machine's clock,
    /// and so must the suite.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start<S: Service>(path: &str, suite: &TestSuite, service: &TestService) -> Self {
        let mut serve = Self::command::<S>(path, &["serve"], suite, service);
        Self(serve.spawn().expect("the program cannot be started"))
    }

    /// A command of the program at `path`, and flags, with the settings that another replica of `service` would have.
    #[must_use]
    pub fn command<S: Service>(
        path: &str,
        arguments: &[&str],
        suite: &TestSuite,
        service: &TestService,
    ) -> Command {
        let said = |flag: &OsString| {
            let name = flag.to_string_lossy();
            let name = name.split('=').next().unwrap_or_default();
            arguments.iter().any(|said| said.split('=').next() == Some(name))
        };
        let flags = suite.flags::<S>(&[]).into_iter().filter(|flag| !said(flag));
        let common = service.replica();
        let mut program = Command::new(path);
        program
            .args(arguments)
            .args(flags)
            .env("MUSTER_LISTEN", common.listen.listen.to_string())
            .env("MUSTER_ADMIN_LISTEN", common.listen.admin_listen.to_string())
            .env("MUSTER_DRAIN_DELAY", "0")
            .env("MUSTER_DATABASE_URL", service.database.url())
            .env("MUSTER_DATABASE_POOL", common.database.database_pool.to_string())
            .env("MUSTER_AMQP_URL", suite.broker.url())
            .env("MUSTER_AMQP_PREFIX", suite.broker.prefix())
            .env("MUSTER_CALLER_JWKS", &common.trust.caller_jwks)
            .env("MUSTER_WORKLOAD_ISSUER", &common.workload.workload_issuer)
            .env("MUSTER_WORKLOAD_JWKS", &common.workload.workload_jwks)
            .env("MUSTER_WORKLOAD_NAMESPACE", &common.workload.workload_namespace)
            .env("MUSTER_WORKLOAD_TOKENS", &common.workload.workload_tokens)
            .env("MUSTER_LOG", "warn");
        program
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}
