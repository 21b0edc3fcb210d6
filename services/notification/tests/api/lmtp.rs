//! A mail server that hands in reports, and the reports.

use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// A conversation with the receiver of reports.
pub(crate) struct Lmtp<S>(BufReader<S>);

impl Lmtp<TcpStream> {
    /// Connects, and hears the greeting.
    pub(crate) async fn to(address: SocketAddr) -> Self {
        let mut lmtp = Self::on(TcpStream::connect(address).await.unwrap());
        assert!(lmtp.heard().await.starts_with("220"));
        lmtp
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Lmtp<S> {
    /// On a stream on which nothing is said first.
    pub(crate) fn on(stream: S) -> Self {
        Self(BufReader::new(stream))
    }

    /// Says a line, and gives the last line of the reply.
    pub(crate) async fn say(&mut self, line: &str) -> String {
        self.0.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
        self.0.flush().await.unwrap();
        self.heard().await
    }

    /// Hands in a mail from nobody to one address; the reply to it, or to what was refused before.
    pub(crate) async fn hand_in(&mut self, to: &str, mail: &str) -> String {
        let mut reply = String::new();
        for said in [
            "LHLO mx.test",
            "MAIL FROM:<>",
            &format!("RCPT TO:<{to}>"),
            "DATA",
            &format!("{mail}."),
        ] {
            reply = self.say(said).await;
            if !reply.starts_with(['2', '3']) {
                break;
            }
        }
        reply
    }

    pub(crate) fn into_stream(self) -> S {
        self.0.into_inner()
    }

    /// The last line of the next reply.
    pub(crate) async fn heard(&mut self) -> String {
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).await.unwrap();
            if line.as_bytes().get(3) != Some(&b'-') {
                return line.trim_end().to_owned();
            }
        }
    }
}

/// A report that a mail could not be delivered, or what else is said to have become of it.
pub(crate) fn report(action: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.test\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.test\r\n\r\n\
         Final-Recipient: rfc822; ada@learners.example\r\nAction: {action}\r\nStatus: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 <ada@learners.example>: no such user\r\n\r\n--b--\r\n"
    )
}

/// What is shown of such a report.
pub(crate) const REPORTED: &str = "550 5.1.1 [...] no such user";
