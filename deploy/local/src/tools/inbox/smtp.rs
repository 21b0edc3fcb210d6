//! The SMTP server (RFC 5321): takes any message for anybody.

use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};

use super::envelope::Envelope;
use super::store::Store;

/// The largest message taken, in bytes.
const MESSAGE_LIMIT: usize = 10_485_760;
/// What we can, told to who asks with EHLO.
const EXTENSIONS: &str =
    "250-inbox.muster.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 10485760";
/// The longest command line taken, in bytes (RFC 5321 asks for 512).
const LINE_LIMIT: u64 = 4096;

/// Serves connections for ever.
pub(super) async fn accept(listener: TcpListener, store: Arc<Store>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let store = Arc::clone(&store);
                tokio::spawn(async move {
                    // Whoever hangs up in the middle has sent nothing.
                    let _ = converse(stream, &store).await;
                });
            }
            Err(error) => eprintln!("inbox: cannot accept a connection: {error}"),
        }
    }
}

async fn converse(stream: TcpStream, store: &Store) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufStream::new(stream);
    let mut envelope = Envelope::default();
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
            "DATA" => &data(&mut stream, std::mem::take(&mut envelope), store).await?,
            "NOOP" => "250 2.0.0 yes",
            "QUIT" => return reply(&mut stream, "221 2.0.0 bye").await,
            _ => "500 5.5.1 unknown command",
        };
        reply(&mut stream, answer).await?;
    }
}

/// Reads a message up to the line with a single dot; a dot doubled for transport is made one again (section 4.5.2).
async fn data(
    stream: &mut BufStream<TcpStream>,
    envelope: Envelope,
    store: &Store,
) -> std::io::Result<String> {
    reply(stream, "354 end with a line that holds one dot").await?;
    let mut content = Vec::new();
    let mut too_large = false;
    loop {
        let start = content.len();
        let limit = MESSAGE_LIMIT as u64 + 2;
        if (&mut *stream).take(limit).read_until(b'\n', &mut content).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let line = content.get(start..).unwrap_or_default();
        if line == b".\r\n" || line == b".\n" {
            content.truncate(start);
            break;
        }
        if line.starts_with(b".") {
            content.remove(start);
        }
        if content.len() > MESSAGE_LIMIT {
            // Read on to the end, keeping nothing, so that the answer comes where it is expected.
            too_large = true;
            content.clear();
        }
    }
    if too_large {
        return Ok("552 5.3.4 message too large".to_owned());
    }
    let sender = envelope.sender.as_deref().unwrap_or_default();
    match store.keep(sender, &envelope.recipients, &content) {
        Ok(id) => Ok(format!("250 2.0.0 kept as {id}")),
        Err(error) => {
            eprintln!("inbox: {error:#}");
            Ok("452 4.3.1 the message could not be stored".to_owned())
        }
    }
}

/// Sent at once: the other side waits for it.
async fn reply(stream: &mut BufStream<TcpStream>, text: &str) -> std::io::Result<()> {
    stream.write_all(text.as_bytes()).await?;
    stream.write_all(b"\r\n").await?;
    stream.flush().await
}
