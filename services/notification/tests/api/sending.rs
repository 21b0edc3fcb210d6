//! Sending one message without a worker around it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use muster_clock::Clock;
use muster_notification::domain::Outcome;
use muster_notification::mails::Rendered;
use muster_notification::smtp::{Roots, Smtp, SmtpOptions, SmtpUrl, Tls};

use crate::smtp_server::SmtpServer;

/// For everything that a server may take its time for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// What sends to this server.
pub(crate) fn client(server: &SmtpServer) -> Smtp {
    client_of(&[server.url()], server.roots())
}

/// What sends to these servers.
pub(crate) fn client_of(urls: &[String], roots: Roots) -> Smtp {
    Smtp::new(options(urls, &roots, PATIENCE))
}

/// How to send to these servers.
pub(crate) fn options(urls: &[String], roots: &Roots, reply_wait: Duration) -> SmtpOptions {
    SmtpOptions {
        servers: urls.iter().map(|url| SmtpUrl::parse(url).unwrap()).collect(),
        tls: Tls::trusting(roots).unwrap(),
        hello: "muster.test".to_owned(),
        connect_limit: PATIENCE,
        reply_wait,
    }
}

/// A short message.
pub(crate) fn message() -> Rendered {
    Rendered {
        from: "no-reply@muster.example".parse().unwrap(),
        reports_are_read: false,
        to: "somebody@learners.example".parse().unwrap(),
        bytes: b"Subject: hello\r\n\r\nhello\r\n".to_vec(),
    }
}

/// One of several packets and TLS records.
pub(crate) fn long_message() -> Rendered {
    let body = "a line that is not very long\r\n".repeat(3000);
    Rendered {
        bytes: format!("Subject: hello\r\n\r\n{body}").into_bytes(),
        ..message()
    }
}

/// Sends a message.
pub(crate) async fn send(smtp: &Smtp, mail: &Rendered) -> Outcome {
    send_when(smtp, mail, async { Ok(()) }).await
}

/// Sends a message whose dot waits.
pub(crate) async fn send_when(
    smtp: &Smtp,
    mail: &Rendered,
    at_dot: impl Future<Output = Result<(), ()>>,
) -> Outcome {
    let sending = async {
        let conversation = smtp.connection().await?;
        let mut conversation = smtp.envelope(conversation, mail).await?;
        let wait = smtp.options().reply_wait;
        let outcome = conversation.message(mail, at_dot, wait).await;
        smtp.settle(conversation, &outcome).await;
        Err::<(), _>(outcome)
    };
    sending.await.unwrap_err()
}

/// A file with a secret, as it is mounted.
pub(crate) struct Secret(PathBuf);

impl Secret {
    pub(crate) fn new(text: &str) -> Self {
        let secret = Self(std::env::temp_dir().join(format!("muster-secret-{}", Clock::system().new_uuid())));
        secret.change(text);
        secret
    }

    pub(crate) fn change(&self, text: &str) {
        std::fs::write(&self.0, text).unwrap();
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
