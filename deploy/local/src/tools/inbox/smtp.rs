//! The SMTP server (RFC 5321): takes any message for anybody.

use std::io::ErrorKind;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};

use super::mood::Mood;
use super::store::Store;

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
        return reply(&mut stream, "421 4.3.2 not now").await;
    }
    reply(&mut stream, "220 inbox.muster.test ESMTP").await?;
    loop {
        let mut line = Vec::new();
        let mut limited = (&mut stream).take(LINE_LIMIT);
        if limited.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        if !line.ends_with(b"\n") {
            return reply(&mut stream, "500 5.5.2 line too long").await;
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
            "RCPT" => envelope.to(&line),
            "DATA" if envelope.recipients.is_empty() => "503 5.5.1 first MAIL and RCPT",
            "DATA" => &data(&mut stream, std::mem::take(&mut envelope), &store).await?,
            "NOOP" => "250 2.0.0 yes",
            "QUIT" => return reply(&mut stream, "221 2.0.0 bye").await,
            _ => "500 5.5.1 unknown command",
        };
        reply(&mut stream, answer).await?;
    }
}

/// Reads a message up to the line with a single dot; a dot doubled for transport is made one again (section 4.5.2). Lines
/// end with CRLF and with nothing else (section 4.1.1.4): a sender that is careless about it is not to look right here.
async fn data(
    stream: &mut BufStream<TcpStream>,
    envelope: Envelope,
    store: &Store,
) -> std::io::Result<String> {
    reply(stream, "354 end with a line that holds one dot").await?;
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
            reply(stream, "552 5.3.4 message too large").await?;
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

/// Sent at once: the other side waits for it.
async fn reply(stream: &mut BufStream<TcpStream>, text: &str) -> std::io::Result<()> {
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
    fn to(&mut self, line: &str) -> &'static str {
        match address_of(line, "TO:") {
            _ if self.sender.is_none() => "503 5.5.1 first MAIL",
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
