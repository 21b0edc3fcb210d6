//! A real mail server that demands STARTTLS and a login: Postfix with a directory, a port and users of its own.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use muster_clock::Clock;
use muster_notification::context::Context;
use muster_notification::domain::Outcome;
use muster_notification::smtp::Roots;
use muster_testkit::{eventually, eventually_some};
use tokio::net::TcpStream;

use crate::bounces::Bounces;
use crate::certified::Certified;
use crate::fixture::{step, words};
use crate::lmtp::REPORTED;
use crate::sending::{Secret, client_of, message, send};
use crate::smtp_server::{Fault, SmtpServer};

const MISSING: &str =
    "Postfix cannot be run: it takes `apt-get install postfix sasl2-bin libsasl2-modules`, and root or sudo";
const USER: &str = "muster%40mail.muster.test";
const PASSWORD: &str = "correct horse";

/// Ends with this value, and with the process of the test.
struct Postfix {
    /// Lives as long as its standard input is open.
    process: Child,
    directory: PathBuf,
    port: u16,
}

impl Postfix {
    async fn start(certified: &Certified) -> Self {
        Self::told(certified, &[]).await
    }

    /// Hands mail on to the server at this port, and what comes back to the receiver of reports at that one.
    async fn between(certified: &Certified, next: u16, reports: u16) -> Self {
        Self::told(certified, &[next, reports]).await
    }

    async fn told(certified: &Certified, ports: &[u16]) -> Self {
        // Not below the home of anybody: Postfix runs as a user of its own.
        let directory = std::env::temp_dir().join(format!("muster-postfix-{}", Clock::system().new_uuid()));
        std::fs::create_dir(&directory).unwrap();
        let pem = format!("{}{}", certified.key, certified.certificate);
        std::fs::write(directory.join("tls.pem"), pem).unwrap();
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        drop(taken);
        let process = as_root()
            .args(["sh", "-c", include_str!("postfix/run.sh"), "run.sh"])
            .arg(&directory)
            .args([&port.to_string(), "muster", PASSWORD])
            .args(ports.iter().map(u16::to_string))
            .stdin(Stdio::piped())
            .spawn()
            .expect(MISSING);
        let mut postfix = Self {
            process,
            directory,
            port,
        };
        eventually_some(async || {
            assert!(postfix.process.try_wait().unwrap().is_none(), "{MISSING}");
            TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
                .await
                .ok()
        })
        .await;
        postfix
    }

    /// Sends a message there as this user, and tells the outcome.
    async fn take(&self, host: &str, password: &str, roots: Roots) -> Outcome {
        let secret = Secret::new(password);
        send(&client_of(&[self.url(host, &secret)], roots), &message()).await
    }

    fn url(&self, host: &str, secret: &Secret) -> String {
        format!(
            "smtp://{USER}@{host}:{}?tls=required&password_file={}",
            self.port,
            secret.path().display()
        )
    }

    /// The messages that it delivered, as it wrote them.
    fn delivered(&self) -> Vec<PathBuf> {
        let directory = std::fs::read_dir(self.directory.join("mail/all/new"));
        directory
            .into_iter()
            .flatten()
            .map(|file| file.unwrap().path())
            .collect()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        drop(self.process.wait());
    }
}

fn as_root() -> Command {
    if nix::unistd::geteuid().is_root() {
        Command::new("env")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.arg("-n");
        sudo
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_demands_tls_and_a_login_takes_mail() {
    let certified = Certified::of(&["localhost", "127.0.0.1", "::1"]);
    let postfix = Postfix::start(&certified).await;
    // Where the system has IPv6 at all.
    let ipv6 = TcpListener::bind("[::1]:0").is_ok().then_some("[::1]");
    let hosts: Vec<&str> = ["127.0.0.1", "localhost"].into_iter().chain(ipv6).collect();
    for host in &hosts {
        let outcome = postfix.take(host, PASSWORD, certified.roots()).await;
        assert_eq!(outcome.word(), "taken", "{host}: {outcome:?}");
    }
    let files =
        eventually_some(async || Some(postfix.delivered()).filter(|files| files.len() == hosts.len())).await;
    let text = std::fs::read_to_string(&files[0]).unwrap();
    assert!(
        text.contains("\nSubject: hello\n") && text.ends_with("\n\nhello\n"),
        "{text}"
    );
    assert!(
        text.contains("with ESMTPSA id"),
        "encrypted and logged in: {text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_shows_another_certificate_or_refuses_the_password_gets_no_mail() {
    let certified = Certified::of(&["mail.muster.test"]);
    let postfix = Postfix::start(&certified).await;
    let right = Certified::of(&["127.0.0.1"]);
    // The name does not match; nobody vouches for it.
    for roots in [certified.roots(), right.roots(), Roots::default()] {
        let outcome = postfix.take("127.0.0.1", PASSWORD, roots).await;
        assert_eq!(outcome, Outcome::Unreachable(None));
    }
    drop(postfix);

    let postfix = Postfix::start(&right).await;
    let outcome = postfix.take("127.0.0.1", "wrong", right.roots()).await;
    let Outcome::Unreachable(Some(reply)) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(reply.to_string(), "535 5.7.8");
    assert!(postfix.delivered().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_server_reports_what_it_took_and_could_not_deliver() {
    let bounces = Bounces::new().await;
    let refusing = SmtpServer::start().await;
    let no_such_user = Fault::Rcpt("550 5.1.1 <somebody@learners.example>: no such user");
    refusing.script(std::iter::repeat_n(no_such_user, 10));
    let next = refusing.url().rsplit(':').next().unwrap().parse().unwrap();
    let certified = Certified::of(&["127.0.0.1"]);
    let postfix = Postfix::between(&certified, next, bounces.address().port()).await;
    let secret = Secret::new(PASSWORD);
    let client = client_of(&[postfix.url("127.0.0.1", &secret)], certified.roots());
    let context = Context {
        smtp: Arc::new(client),
        ..bounces.context.clone()
    };
    let subject = bounces.fixture.ask().await;
    let sent = step(&bounces.fixture.worker_of(context)).await;
    assert_eq!(words(&sent), ["taken"]);
    eventually(async || bounces.fixture.row(subject).await.state == "BOUNCED").await;
    assert_eq!(bounces.fixture.row(subject).await.server_reply, REPORTED);
    assert_eq!(bounces.fixture.published(subject).await, ["SENT", "BOUNCED"]);
}
