//! Reports of mail that came back, as the operators' mail server hands them in.

use muster_testkit::eventually;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::Suite;

/// The return path of a message, as the inbox shows it.
pub(crate) fn return_path_of(header: &str) -> String {
    header.trim_matches(['<', '>']).to_owned()
}

/// A report that a message to `address` could not be delivered (RFC 3464).
pub(crate) fn undelivered(address: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.muster.test\r\nSubject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"report\"\r\n\r\n\
         --report\r\nContent-Type: text/plain\r\n\r\nI'm sorry.\r\n\r\n\
         --report\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.muster.test\r\n\r\n\
         Final-Recipient: rfc822; {address}\r\nAction: failed\r\nStatus: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 <{address}>: no such user\r\n\r\n--report--\r\n"
    )
}

/// Hands a mail in by LMTP, from nobody to one address, and gives the last reply about it: that to the mail, or to whatever
/// was refused before.
pub(crate) async fn hand_in(suite: &Suite, to: &str, mail: &str) -> String {
    let stream = TcpStream::connect(suite.address("bounces")).await.unwrap();
    let mut stream = BufReader::new(stream);
    reply(&mut stream).await;
    let mut last = String::new();
    for said in [
        "LHLO mx.muster.test".to_owned(),
        "MAIL FROM:<>".to_owned(),
        format!("RCPT TO:<{to}>"),
        "DATA".to_owned(),
        format!("{mail}."),
    ] {
        stream.write_all(format!("{said}\r\n").as_bytes()).await.unwrap();
        last = reply(&mut stream).await;
        if !last.starts_with(['2', '3']) {
            break;
        }
    }
    last
}

/// The same as often as it takes: what became of the message is to be written down first.
pub(crate) async fn handed_in(suite: &Suite, to: &str, mail: &str) {
    eventually(async || {
        let reply = hand_in(suite, to, mail).await;
        assert!(reply.starts_with(['2', '4']), "{reply}");
        reply.starts_with('2')
    })
    .await;
}

/// The last line of a reply.
async fn reply(stream: &mut BufReader<TcpStream>) -> String {
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        if line.as_bytes().get(3) != Some(&b'-') {
            return line;
        }
    }
}
