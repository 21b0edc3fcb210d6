//! Logging in: every way that servers offer, and what becomes of mail while they do not let us in.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusBuilder;
use muster_notification::domain::Outcome;
use muster_notification::smtp::Smtp;

use crate::fixture::{Fixture, step, words};
use crate::sending::{Secret, client, client_of, message, options, send};
use crate::smtp_server::{Mode, SmtpServer, User};

const MODES: [Mode; 3] = [Mode::Plain, Mode::StartTls, Mode::Implicit];
const PASSWORD: User = User {
    mechanisms: "PLAIN LOGIN",
    name: "ada@example.org",
    secret: "correct horse \u{fc}",
};
const USER: &str = "ada%40example.org";

async fn demanding(mode: Mode, user: &User) -> SmtpServer {
    let server = SmtpServer::encrypted(mode).await;
    server.demand(user.clone());
    server
}

fn client_with(server: &SmtpServer, kind: &str, secret: &Secret) -> Smtp {
    client_of(&[server.url_for(USER, kind, secret)], server.roots())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_logs_in_by_any_way_that_is_offered_may_send() {
    let long: &'static str = "a-token-".repeat(200).leak();
    for (mechanisms, kind, secret) in [
        ("PLAIN LOGIN", "password_file", PASSWORD.secret),
        ("CRAM-MD5 PLAIN", "password_file", long),
        ("LOGIN", "password_file", PASSWORD.secret),
        ("PLAIN XOAUTH2", "token_file", "a-token"),
        ("XOAUTH2", "token_file", long),
    ] {
        for mode in MODES {
            let user = User {
                mechanisms,
                secret,
                ..PASSWORD
            };
            let server = demanding(mode, &user).await;
            let file = Secret::new(&format!("{secret}\n"));
            let smtp = client_with(&server, kind, &file);
            assert_eq!(
                send(&smtp, &message()).await.word(),
                "taken",
                "{mode:?} {mechanisms}"
            );
            // A line of a command has at most 512 bytes.
            assert!(
                server
                    .commands()
                    .iter()
                    .all(|command| !command.starts_with("AUTH") || command.len() <= 510)
            );
            let was_readable = server
                .readable()
                .iter()
                .any(|command| command.starts_with("AUTH"));
            assert_eq!(was_readable, mode == Mode::Plain);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_us_is_none_of_the_message() {
    for (mechanisms, kind) in [
        ("PLAIN", "password_file"),
        ("LOGIN", "password_file"),
        ("XOAUTH2", "token_file"),
    ] {
        let user = User {
            mechanisms,
            ..PASSWORD
        };
        let server = demanding(Mode::Implicit, &user).await;
        let outcome = send(&client_with(&server, kind, &Secret::new("wrong")), &message()).await;
        let reply = outcome.reply().map(ToString::to_string);
        assert_eq!(
            (outcome.word(), reply.as_deref()),
            ("unreachable", Some("535 5.7.8")),
            "{mechanisms}"
        );
    }
    // Nobody told us a user, and the server asks for one.
    let server = demanding(Mode::Implicit, &PASSWORD).await;
    let outcome = send(&client(&server), &message()).await;
    assert_eq!(
        outcome.reply().map(ToString::to_string).as_deref(),
        Some("530 5.7.0")
    );
    assert_eq!(outcome.word(), "unreachable");
    // It offers nothing that fits the secret.
    let user = User {
        mechanisms: "CRAM-MD5",
        ..PASSWORD
    };
    let server = demanding(Mode::Implicit, &user).await;
    let outcome = send(
        &client_with(&server, "password_file", &Secret::new("x")),
        &message(),
    )
    .await;
    assert_eq!(outcome, Outcome::Unreachable(None));
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_waits_for_the_right_password_and_the_wrong_one_is_not_tried_again_and_again() {
    let fixture = Fixture::with(demanding(Mode::StartTls, &PASSWORD).await).await;
    let secret = Secret::new("wrong");
    let mut context = fixture.context();
    let urls = [fixture.smtp.url_for(USER, "password_file", &secret)];
    let options = options(&urls, &fixture.smtp.roots(), Duration::from_secs(5));
    context.smtp = Arc::new(Smtp::new(options));
    let worker = fixture.worker_of(context);
    let subject = fixture.ask().await;
    for _ in 0..3 {
        assert_eq!(words(&step(&worker).await), ["unreachable"]);
        let row = fixture.row(subject).await;
        assert_eq!(
            (row.state.as_str(), row.server_reply.as_str(), row.attempts),
            ("DEFERRED", "535 5.7.8", 0)
        );
        fixture.clock.advance(fixture.until(&row));
    }
    let logins = |fixture: &Fixture| {
        fixture
            .smtp
            .commands()
            .iter()
            .filter(|command| command.starts_with("AUTH"))
            .count()
    };
    assert_eq!(logins(&fixture), 1);
    assert_eq!(fixture.published(subject).await, ["DEFERRED"]);

    secret.change(PASSWORD.secret);
    assert_eq!(words(&step(&worker).await), ["taken"]);
    assert_eq!(fixture.published(subject).await, ["DEFERRED", "SENT"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_gone_defers_and_nobody_is_connected_to() {
    let server = demanding(Mode::Implicit, &PASSWORD).await;
    let secret = Secret::new(PASSWORD.secret);
    let smtp = client_with(&server, "password_file", &secret);
    secret.change("");
    assert_eq!(send(&smtp, &message()).await, Outcome::Unreachable(None));
    assert_eq!(server.connections(), 0);
    secret.change(PASSWORD.secret);
    assert_eq!(send(&smtp, &message()).await.word(), "taken");
}

/// What was written to the log of this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_refused_password_is_counted_every_time_and_told_once_a_minute() {
    let (log, recorder) = (Log::default(), PrometheusBuilder::new().build_recorder());
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    // While there is only one in the process, a line that another thread comes to first would be off for this thread, too.
    let _another = tracing::Dispatch::new(tracing_subscriber::registry());
    let _telling = tracing::subscriber::set_default(subscriber);
    let _counting = metrics::set_default_local_recorder(&recorder);

    let server = demanding(Mode::Implicit, &PASSWORD).await;
    let secret = Secret::new("hunter2");
    let smtp = client_with(&server, "password_file", &secret);
    for wrong in ["hunter2", "hunter2", "hunter3"] {
        secret.change(wrong);
        assert_eq!(send(&smtp, &message()).await.word(), "unreachable");
    }

    let told = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<&str> = told
        .lines()
        .filter(|line| line.contains("a mail server cannot be used"))
        .collect();
    let [line] = lines[..] else { panic!("{told}") };
    assert!(
        line.contains("WARN") && line.contains("it refused at AUTH: 535 5.7.8 not you"),
        "{line}"
    );
    assert!(!told.contains("hunter"), "{told}");
    let counted = recorder.handle().render();
    let line = counted
        .lines()
        .find(|line| line.contains("login_refused"))
        .unwrap();
    assert!(
        line.starts_with("muster_mail_connections_total{server=\"smtps://127.0.0.1:"),
        "{counted}"
    );
    assert!(line.ends_with(" 3"), "{counted}");
}
