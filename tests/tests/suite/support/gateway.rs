//! A gateway of a test's own beside the suite's, which people reach by another name.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use muster_testkit::eventually;

use super::Suite;
use super::suite::binary;

/// Reads the settings of the suite's gateway, and changes what is its own.
const SERVES: &str = r#"set -a; . "$0"; MUSTER_PUBLIC_URL="$1"; MUSTER_LISTEN="$2"; MUSTER_ADMIN_LISTEN=127.0.0.1:0; shift 2; exec /usr/bin/env "$@""#;

/// One that runs until this goes out of scope.
pub(crate) struct LocalhostGateway {
    process: Child,
    /// Where people reach it: `http://localhost:…`. To browsers that is another site than the issuer, which is at 127.0.0.1.
    pub(crate) url: String,
}

impl LocalhostGateway {
    pub(crate) async fn start(suite: &Suite) -> Self {
        Self::told(suite, &[]).await
    }

    /// One that is told something else by these settings.
    pub(crate) async fn told(suite: &Suite, settings: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let url = format!("http://localhost:{}", address.port());
        let process = Command::new("/bin/sh")
            .args(["-c", SERVES])
            .arg(suite.dir().join("env/gateway"))
            .args([&url, &address.to_string()])
            .args(settings.iter().map(|(name, value)| format!("{name}={value}")))
            .arg(binary("muster-gateway"))
            .env_clear()
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let gateway = Self { process, url };
        let first_page = format!("http://{address}/");
        eventually(async || {
            let shown = suite.http.get(&first_page).send().await;
            shown.is_ok_and(|shown| shown.status().is_success())
        })
        .await;
        gateway
    }

    /// The same link of a mail, as if the pages were here.
    pub(crate) fn link(&self, suite: &Suite, link: &str) -> String {
        link.replace(&suite.address("gateway"), &self.url)
    }
}

impl Drop for LocalhostGateway {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
