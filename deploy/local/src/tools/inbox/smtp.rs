//! The SMTP server (RFC 5321): takes any message for anybody but those below `.invalid`, whom no mail can be sent to.

use std::io::ErrorKind;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::mood::{Mood, SLOWNESS};
use super::store::Store;
use crate::suite::NO_MAIL;

/// The largest message taken, in bytes.
const MESSAGE_LIMIT: u64 = 10_485_760;
/// What we can, told to who asks with EHLO.
const EXTENSIONS: &str =
    "250-inbox.muster.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 10485760";
/// The longest command line taken, in bytes (RFC 5321 asks for 512).
const LINE_LIMIT: u64 = 4096;

/// Serves connections for ever.
pub(super) async fn accept(listener: TcpListener, store: Arc<Store>) {
    loop {
        match listener.accept().await {
            // Whoever hangs up in the middle has sent nothing.
            Ok((stream, _)) => drop(tokio::spawn(converse(stream, Arc::clone(&store)))),
            Err(error) => eprintln!("inbox: cannot accept a connection: {error}"),
        }
    }
}

async fn converse(stream: TcpStream, store: Arc<Store>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufStream::new(stream);
    let mut envelope = Envelope::default();
    if store.mood() == Mood::Away {
        return reply(&mut stream, &store, "421 4.3.2 not now").await;
    }
    reply(&mut stream, &store, "220 inbox.muster.test ESMTP").await?;
    loop {
        let mut line = Vec::new();
        let mut limited = (&mut stream).take(LINE_LIMIT);
        if limited.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        if !line.ends_with(b"\n") {
            return reply(&mut stream, &store, "500 5.5.2 line too long").await;
        }
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        let verb = line.split([' ', ':']).next().unwrap_or_default();
        let answer = match verb.to_ascii_uppercase().as_str() {
            "EHLO" => EXTENSIONS,
            "HELO" => "250 2.0.0 inbox.muster.test",
            "RSET" => {
                envelope = Envelope::default();
                "250 2.0.0 forgotten"
            }
            "MAIL" => envelope.from(&line),
            "RCPT" => envelope.to(&line, &store),
            "DATA" if envelope.recipients.is_empty() => "503 5.5.1 first MAIL and RCPT",
            "DATA" if store.postpones(Mood::Busy, &envelope.recipients) => "451 4.3.2 too busy, come again",
            "DATA" => &data(&mut stream, std::mem::take(&mut envelope), &store).await?,
            "NOOP" => "250 2.0.0 yes",
            "QUIT" => return reply(&mut stream, &store, "221 2.0.0 bye").await,
            _ => "500 5.5.1 unknown command",
        };
        reply(&mut stream, &store, answer).await?;
    }
}

/// Reads a message up to the line with a single dot; a dot doubled for transport is made one again (section 4.5.2). Lines
/// end with CRLF and with nothing else (section 4.1.1.4): a sender that is careless about it is not to look right here.
async fn data(
    stream: &mut BufStream<TcpStream>,
    envelope: Envelope,
    store: &Store,
) -> std::io::Result<String> {
    reply(stream, store, "354 end with a line that holds one dot").await?;
    let mut content = Vec::new();
    loop {
        let start = content.len();
        let begins_line = start == 0 || content.ends_with(b"\r\n");
        let mut limited = (&mut *stream).take(MESSAGE_LIMIT);
        if limited.read_until(b'\n', &mut content).await? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let line = content.get(start..).unwrap_or_default();
        if begins_line && line == b".\r\n" {
            content.truncate(start);
            break;
        }
        if begins_line && line.starts_with(b".") {
            content.remove(start);
        }
        // Who sends more has not read our SIZE, and is not listened to any longer.
        if content.len() as u64 > MESSAGE_LIMIT {
            reply(stream, store, "552 5.3.4 message too large").await?;
            return Err(ErrorKind::InvalidData.into());
        }
    }
    let sender = envelope.sender.as_deref().unwrap_or_default();
    match (store.keep(sender, &envelope.recipients, &content), store.mood()) {
        (Ok(_), Mood::CutsAfterDot) => Err(ErrorKind::ConnectionAborted.into()),
        (Ok(_), Mood::Mumbles) => Ok("HTTP/1.1 400 Bad Request".to_owned()),
        (Ok(id), _) => Ok(format!("250 2.0.0 kept as {id}")),
        (Err(error), _) => {
            eprintln!("inbox: {error:#}");
            Ok("452 4.3.1 the message could not be stored".to_owned())
        }
    }
}

/// Sent at once, except in a slow mood: the other side waits for it.
async fn reply(stream: &mut BufStream<TcpStream>, store: &Store, text: &str) -> std::io::Result<()> {
    if store.mood() == Mood::Slow {
        sleep(SLOWNESS).await;
    }
    stream.write_all(format!("{text}\r\n").as_bytes()).await?;
    stream.flush().await
}

/// What MAIL and RCPT said of the message in hand.
#[derive(Default)]
struct Envelope {
    sender: Option<String>,
    recipients: Vec<String>,
}

impl Envelope {
    /// Takes a MAIL command, and tells the answer.
    fn from(&mut self, line: &str) -> &'static str {
        let Some(address) = address_of(line, "FROM:") else {
            return "501 5.5.4 MAIL FROM:<address>";
        };
        (self.sender, self.recipients) = (Some(address), Vec::new());
        "250 2.1.0 ok"
    }

    /// Takes a RCPT command, and tells the answer.
    fn to(&mut self, line: &str, store: &Store) -> &'static str {
        match address_of(line, "TO:") {
            _ if self.sender.is_none() => "503 5.5.1 first MAIL",
            Some(address) if address.to_ascii_lowercase().ends_with(NO_MAIL) => {
                "550 5.1.2 no mail can be sent there"
            }
            Some(address) if store.postpones(Mood::Greylists, std::slice::from_ref(&address)) => {
                "450 4.7.1 unknown so far, come again"
            }
            Some(address) if !address.is_empty() => {
                self.recipients.push(address);
                "250 2.1.5 ok"
            }
            _ => "501 5.5.4 RCPT TO:<address>",
        }
    }
}

/// The address between angle brackets after a keyword.
fn address_of(line: &str, keyword: &str) -> Option<String> {
    let at = line.to_ascii_uppercase().find(keyword)?;
    let rest = line.get(at + keyword.len()..)?.trim_start().strip_prefix('<')?;
    Some(rest.split_once('>')?.0.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use muster_clock::Clock;
    use tokio::io::{BufReader, Lines};

    use super::*;

    /// An inbox whose messages are in a folder of the test's own.
    struct Inbox(PathBuf);

    impl Inbox {
        fn new(test: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("muster-{test}-{}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }

        fn mood(&self, named: &str) {
            fs::write(self.0.join("mood"), named).unwrap();
        }

        /// Another process of it, and a conversation that has been begun.
        async fn greeted(&self) -> Sender {
            let store = Store::open(&self.0, Clock::system()).unwrap();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(accept(listener, Arc::new(store)));
            let mut sender = Sender(BufReader::new(TcpStream::connect(address).await.unwrap()).lines());
            assert!(sender.hears().await.starts_with("220 "));
            assert!(sender.says("HELO test").await.starts_with("250 "));
            sender
        }
    }

    impl Drop for Inbox {
        fn drop(&mut self) {
            drop(fs::remove_dir_all(&self.0));
        }
    }

    struct Sender(Lines<BufReader<TcpStream>>);

    impl Sender {
        async fn hears(&mut self) -> String {
            self.0.next_line().await.unwrap().unwrap()
        }

        async fn says(&mut self, line: &str) -> String {
            let stream = self.0.get_mut();
            stream.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
            self.hears().await
        }

        /// The code of the last reply, and to which command it was.
        async fn sends(&mut self, to: &str) -> (&'static str, String) {
            let code = |reply: String| reply.get(..3).unwrap().to_owned();
            assert_eq!(code(self.says("RSET").await), "250");
            assert_eq!(code(self.says("MAIL FROM:<a@muster.test>").await), "250");
            let told = code(self.says(&format!("RCPT TO:<{to}>")).await);
            if told != "250" {
                return ("RCPT", told);
            }
            let told = code(self.says("DATA").await);
            if told != "354" {
                return ("DATA", told);
            }
            ("dot", code(self.says("Subject: hello\r\n\r\nhello\r\n.").await))
        }
    }

    #[tokio::test]
    async fn no_mail_is_taken_for_a_domain_that_cannot_be() {
        let inbox = Inbox::new("no-mail");
        let mut sender = inbox.greeted().await;
        let taken = |step, code: &str| (step, code.to_owned());
        assert_eq!(sender.sends("ada@School.Invalid").await, taken("RCPT", "550"));
        assert_eq!(sender.sends("ada@school.test").await, taken("dot", "250"));
    }

    #[tokio::test]
    async fn who_is_to_come_again_is_told_so_once_also_by_another_process() {
        let inbox = Inbox::new("come-again");
        let taken = |step, code: &str| (step, code.to_owned());
        let mut sender = inbox.greeted().await;
        inbox.mood("greylists");
        assert_eq!(sender.sends("ada@school.test").await, taken("RCPT", "450"));
        assert_eq!(sender.sends("ada@school.test").await, taken("dot", "250"));
        inbox.mood("busy");
        assert_eq!(sender.sends("ada@school.test").await, taken("dot", "250"));
        assert_eq!(sender.sends("bob@school.test").await, taken("DATA", "451"));
        let mut sender = inbox.greeted().await;
        for known in ["ada@school.test", "bob@school.test"] {
            assert_eq!(sender.sends(known).await, taken("dot", "250"), "{known}");
        }
        inbox.mood("good");
        assert_eq!(sender.sends("eve@school.test").await, taken("dot", "250"));
    }
}
