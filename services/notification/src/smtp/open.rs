//! The beginning of a conversation: connecting, greeting, hello.

use std::io;

use tokio::net::TcpStream;

use super::answer::Answer;
use super::extensions::Extensions;
use super::stream::Socket;
use super::trouble::{Step, Trouble};
use super::wire::Wire;
use super::{Conversation, SmtpUrl};
use crate::domain::{Reply, Severity};

/// Connects, waits for the greeting and says hello.
pub(super) async fn open(server: &SmtpUrl, hello: &str) -> Result<Conversation, Trouble> {
    let tcp = TcpStream::connect((server.host.as_str(), server.port)).await;
    let socket = tcp.and_then(Socket::new).map_err(Trouble::Unconnected)?;
    let mut wire = Wire::new(socket);
    completed(Step::Greeting, wire.answer().await)?;
    let extensions = say_hello(&mut wire, hello).await?;
    Ok(Conversation::new(wire, extensions))
}

/// EHLO; HELO when the server does not know it (RFC 5321, section 3.2).
async fn say_hello(wire: &mut Wire, hello: &str) -> Result<Extensions, Trouble> {
    let answer = wire.ask(&format!("EHLO {hello}\r\n")).await;
    let answer = answer.map_err(|error| Trouble::Broken(Step::Hello, error))?;
    if answer.reply().severity() == Some(Severity::Permanent) {
        completed(Step::Hello, wire.ask(&format!("HELO {hello}\r\n")).await)?;
        return Ok(Extensions::default());
    }
    completed(Step::Hello, Ok(answer)).map(|answer| Extensions::of(&answer))
}

/// The reply, if it says that the step is done.
fn completed(step: Step, answer: io::Result<Answer>) -> Result<Answer, Trouble> {
    let answer = answer.map_err(|error| Trouble::Broken(step, error))?;
    let reply: Reply = answer.reply();
    match reply.severity() {
        Some(Severity::Completion) => Ok(answer),
        _ => Err(Trouble::Refused(step, reply)),
    }
}
