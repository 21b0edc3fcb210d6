//! Saying who we are (RFC 4954).

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use muster_server::settings::Secret;

use super::answer::Answer;
use super::extensions::Extensions;
use super::login::{Login, SecretFile};
use super::trouble::{Step, Trouble};
use super::wire::Wire;
use crate::domain::Severity;

/// The longest command line, its end included (RFC 5321, section 4.5.3.1.4). What is longer follows in a line of its own.
const MAX_COMMAND: usize = 512;

/// How a name and a secret are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mechanism {
    /// RFC 4616.
    Plain,
    /// Never standardized, and all that some servers know (draft-murchison-sasl-login).
    Login,
    /// Google's and Microsoft's way for access tokens.
    XOauth2,
}

/// Logs in by the best way that both sides know.
pub(super) async fn log_in(
    wire: &mut Wire,
    extensions: &Extensions,
    login: &Login,
    secret: &Secret,
) -> Result<(), Trouble> {
    let Some(mechanism) = Mechanism::choose(extensions, &login.secret) else {
        return Err(Trouble::NoMechanism(extensions.auth.join(" ")));
    };
    let answer = converse(wire, mechanism, &login.user, secret.reveal()).await;
    let reply = answer
        .map_err(|error| Trouble::Broken(Step::Login, error))?
        .reply();
    match reply.severity() {
        Some(Severity::Completion) => Ok(()),
        _ => Err(Trouble::Refused(Step::Login, reply)),
    }
}

/// The server's last word.
async fn converse(wire: &mut Wire, mechanism: Mechanism, user: &str, secret: &str) -> io::Result<Answer> {
    match mechanism {
        Mechanism::Plain => {
            let response = format!("\0{user}\0{secret}");
            begin(wire, "PLAIN", &response).await
        }
        Mechanism::Login => {
            let answer = wire.ask("AUTH LOGIN\r\n").await?;
            if !is_challenge(&answer) {
                return Ok(answer);
            }
            let answer = respond(wire, user).await?;
            if !is_challenge(&answer) {
                return Ok(answer);
            }
            respond(wire, secret).await
        }
        Mechanism::XOauth2 => {
            let response = format!("user={user}\x01auth=Bearer {secret}\x01\x01");
            let answer = begin(wire, "XOAUTH2", &response).await?;
            if is_challenge(&answer) {
                // It holds the reason of a refusal, which is given only to an empty response.
                return wire.ask("\r\n").await;
            }
            Ok(answer)
        }
    }
}

/// Names the mechanism and gives the response, in one line if it is short enough.
async fn begin(wire: &mut Wire, mechanism: &str, response: &str) -> io::Result<Answer> {
    let command = format!("AUTH {mechanism} {}\r\n", STANDARD.encode(response));
    if command.len() <= MAX_COMMAND {
        return wire.ask(&command).await;
    }
    let answer = wire.ask(&format!("AUTH {mechanism}\r\n")).await?;
    if is_challenge(&answer) {
        respond(wire, response).await
    } else {
        Ok(answer)
    }
}

async fn respond(wire: &mut Wire, response: &str) -> io::Result<Answer> {
    wire.ask(&format!("{}\r\n", STANDARD.encode(response))).await
}

fn is_challenge(answer: &Answer) -> bool {
    answer.reply().severity() == Some(Severity::Intermediate)
}

impl Mechanism {
    fn choose(extensions: &Extensions, secret: &SecretFile) -> Option<Self> {
        let known: &[(&str, Self)] = match secret {
            SecretFile::Password(_) => &[("PLAIN", Self::Plain), ("LOGIN", Self::Login)],
            SecretFile::Token(_) => &[("XOAUTH2", Self::XOauth2)],
        };
        let offered = |name: &str| extensions.auth.iter().any(|offered| offered == name);
        known
            .iter()
            .find_map(|(name, mechanism)| offered(name).then_some(*mechanism))
    }
}
