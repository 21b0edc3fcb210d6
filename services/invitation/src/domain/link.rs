//! The link of an invitation: signed, so that nobody can make or alter one, and without a secret to store.
//!
//! `v1 ‖ key id ‖ organization ‖ invitation ‖ generation ‖ filler ‖ HMAC-SHA256(key, purpose ‖ all preceding)`, base64url.
//! The same bytes every time it is made. Nothing in it is believed before the signature is.
//!
//! The filler is a zero byte where the whole would be a multiple of three bytes, else nothing: so the last character
//! never stands for six whole bits and is always a letter or a digit. Programs that find links in text leave out a `-` or
//! `_` at the end.

use std::collections::BTreeMap;
use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use muster_identity::{SecretKeysProblem, secret_key};
use muster_ids::{InvitationId, JoinRequestId, JoinRequestName, OrganizationId};
use serde::Deserialize;
use thiserror::Error;
use uuid::Uuid;

const VERSION: u8 = 1;
const PURPOSE: &[u8] = b"muster.invitation.v1.accept\0";
const JOIN_PURPOSE: &[u8] = b"muster.invitation.v1.join\0";
const TAG: usize = 32;
/// Organization, invitation and generation.
const BODY: usize = 16 + 16 + 4;
const MAX_KEY_ID: usize = 16;
const FILLER: u8 = 0;

/// What a link stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) organization: OrganizationId,
    pub(crate) invitation: InvitationId,
    /// A link of another generation than its invitation's is dead.
    pub(crate) generation: i32,
}

/// The keys that links are signed with, by id. Old ones still verify; the current one signs.
#[derive(Clone)]
pub(crate) struct LinkKeys {
    current: String,
    keys: BTreeMap<String, hmac::Key>,
    is_development: bool,
}

/// Why a file of keys cannot be used.
#[derive(Debug, Error)]
pub(crate) enum LinkKeysProblem {
    #[error("is not of the form current = \"k1\" and [keys] k1 = \"<base64 of 32 bytes>\"")]
    Form(#[source] toml::de::Error),
    #[error("names {0} as its current key and does not hold it")]
    Current(String),
    #[error("holds a key {0} that is not the base64 of 32 bytes")]
    Key(String),
    #[error(
        "holds a key {0} whose bytes are all the same, which can be guessed: make one (openssl rand -base64 32)"
    )]
    Guessable(String),
    #[error("holds a key id that does not have 1 to 16 characters of a-z, 0-9, - and _")]
    KeyId,
}

/// The text is not a link of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the link is not one of ours, or was altered")]
pub(crate) struct NotALink;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// A developer's machine made them for itself.
    #[serde(default)]
    development: bool,
    current: String,
    keys: BTreeMap<String, String>,
}

impl LinkKeys {
    /// Reads the text of a file of keys.
    pub(crate) fn parse(text: &str) -> Result<Self, LinkKeysProblem> {
        let file: File = toml::from_str(text).map_err(LinkKeysProblem::Form)?;
        let mut keys = BTreeMap::new();
        for (id, encoded) in file.keys {
            if !is_key_id(&id) {
                return Err(LinkKeysProblem::KeyId);
            }
            match secret_key(&encoded) {
                Ok(key) => keys.insert(id, hmac::Key::new(hmac::HMAC_SHA256, &key)),
                Err(SecretKeysProblem::NotAKey) => return Err(LinkKeysProblem::Key(id)),
                Err(SecretKeysProblem::Guessable) => return Err(LinkKeysProblem::Guessable(id)),
            };
        }
        if !keys.contains_key(&file.current) {
            return Err(LinkKeysProblem::Current(file.current));
        }
        Ok(Self {
            current: file.current,
            keys,
            is_development: file.development,
        })
    }

    /// Whether a developer's machine made them for itself.
    pub(crate) fn is_development(&self) -> bool {
        self.is_development
    }

    /// The token of a link: the same at every making with the same current key.
    pub(crate) fn token(&self, link: Link) -> String {
        self.sealed(PURPOSE, link)
    }

    /// The token with which the address of a request to join is confirmed. It opens no invitation, nor the other way round: they
    /// are signed for different purposes.
    pub(crate) fn join_token(&self, request: JoinRequestName) -> String {
        self.sealed(
            JOIN_PURPOSE,
            Link {
                organization: request.organization,
                invitation: InvitationId::from_uuid(request.join_request.as_uuid()),
                generation: 1,
            },
        )
    }

    fn sealed(&self, purpose: &[u8], link: Link) -> String {
        let mut bytes = vec![VERSION];
        bytes.push(u8::try_from(self.current.len()).unwrap_or(u8::MAX));
        bytes.extend_from_slice(self.current.as_bytes());
        bytes.extend_from_slice(link.organization.as_uuid().as_bytes());
        bytes.extend_from_slice(link.invitation.as_uuid().as_bytes());
        bytes.extend_from_slice(&link.generation.to_be_bytes());
        if (bytes.len() + TAG).is_multiple_of(3) {
            bytes.push(FILLER);
        }
        if let Some(key) = self.keys.get(&self.current) {
            bytes.extend_from_slice(sign(key, purpose, &bytes).as_ref());
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What a token stands for, once its signature is found good (in constant time).
    pub(crate) fn verify(&self, token: &str) -> Result<Link, NotALink> {
        self.opened(PURPOSE, token)
    }

    /// The request to join that a token stands for.
    pub(crate) fn verify_join(&self, token: &str) -> Result<JoinRequestName, NotALink> {
        let link = self.opened(JOIN_PURPOSE, token)?;
        Ok(JoinRequestName {
            organization: link.organization,
            join_request: JoinRequestId::from_uuid(link.invitation.as_uuid()),
        })
    }

    fn opened(&self, purpose: &[u8], token: &str) -> Result<Link, NotALink> {
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| NotALink)?;
        let split = bytes.len().checked_sub(TAG).ok_or(NotALink)?;
        let (signed, tag) = bytes.split_at(split);
        let (key_id, body) = parts(signed).ok_or(NotALink)?;
        let key = self.keys.get(key_id).ok_or(NotALink)?;
        hmac::verify(key, &[purpose, signed].concat(), tag).map_err(|_| NotALink)?;
        read_body(body).ok_or(NotALink)
    }
}

// By hand: the keys must not come into a log.
impl fmt::Debug for LinkKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkKeys")
            .field("current", &self.current)
            .finish_non_exhaustive()
    }
}

fn is_key_id(id: &str) -> bool {
    let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-' || c == b'_';
    (1..=MAX_KEY_ID).contains(&id.len()) && id.bytes().all(allowed)
}

fn sign(key: &hmac::Key, purpose: &[u8], signed: &[u8]) -> hmac::Tag {
    hmac::sign(key, &[purpose, signed].concat())
}

/// Key id and body of the signed part.
fn parts(signed: &[u8]) -> Option<(&str, &[u8])> {
    let (&version, rest) = signed.split_first()?;
    let (&length, rest) = rest.split_first()?;
    let (key_id, body) = rest.split_at_checked(usize::from(length))?;
    let (body, filler) = body.split_at_checked(BODY)?;
    (version == VERSION && matches!(filler, [] | [FILLER])).then_some(())?;
    Some((std::str::from_utf8(key_id).ok()?, body))
}

fn read_body(body: &[u8]) -> Option<Link> {
    let (organization, rest) = body.split_at_checked(16)?;
    let (invitation, generation) = rest.split_at_checked(16)?;
    Some(Link {
        organization: OrganizationId::from_uuid(Uuid::from_slice(organization).ok()?),
        invitation: InvitationId::from_uuid(Uuid::from_slice(invitation).ok()?),
        generation: i32::from_be_bytes(generation.try_into().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    /// A key that ends with this byte.
    fn key(last: u8) -> String {
        let mut key = [0; 32];
        key[31] = last;
        STANDARD.encode(key)
    }

    fn keys(current: &str, ids: &[&str]) -> LinkKeys {
        let mut text = format!("current = \"{current}\"\n[keys]\n");
        for id in ids {
            let key = key(id.as_bytes()[1]);
            text.push_str(&format!("{id} = \"{key}\"\n"));
        }
        LinkKeys::parse(&text).unwrap()
    }

    fn link() -> Link {
        Link {
            organization: OrganizationId::from_uuid(Uuid::from_u128(7)),
            invitation: InvitationId::from_uuid(Uuid::from_u128(8)),
            generation: 3,
        }
    }

    #[test]
    fn the_steps_of_deploy_secrets_break_no_link_before_the_last() {
        let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/secrets");
        let directory = std::env::temp_dir().join(format!(
            "muster-links-{}",
            muster_clock::Clock::system().new_uuid()
        ));
        let step = |step: &[&str]| {
            let mut made = std::process::Command::new(&script);
            let done = made.arg(&directory).args(step).output().unwrap().status.success();
            let text = std::fs::read_to_string(directory.join("invitation/link-keys.toml")).unwrap();
            (done, LinkKeys::parse(&text).unwrap())
        };
        let (made, mut before) = step(&[]);
        assert!(made && !step(&["use", "links"]).0 && step(&["retire", "links"]).0);
        let mailed = before.token(link());
        for name in ["next", "use", "retire"] {
            let (done, after) = step(&[name, "links"]);
            // Replicas before and after a step open each other's links.
            assert!(done, "{name}");
            assert!(after.verify(&before.token(link())).is_ok(), "{name}");
            assert!(before.verify(&after.token(link())).is_ok(), "{name}");
            assert_eq!(after.verify(&mailed).is_ok(), name != "retire", "{name}");
            assert_eq!(after.token(link()) == mailed, name == "next", "{name}");
            before = after;
        }
        std::fs::remove_dir_all(&directory).unwrap();
    }

    #[test]
    fn a_link_is_the_same_every_time_and_is_read_back() {
        let keys = keys("k1", &["k1"]);
        let token = keys.token(link());
        assert_eq!(token, keys.token(link()));
        assert_eq!(keys.verify(&token), Ok(link()));
        assert!(token.len() < 400);
    }

    #[test]
    fn a_link_changed_by_one_character_is_none() {
        let keys = keys("k1", &["k1"]);
        let token = keys.token(link());
        for at in 0..token.len() {
            for other in "ABCXYZabcxyz0189-_.=+/ ".chars() {
                let mut changed: Vec<char> = token.chars().collect();
                if changed[at] == other {
                    continue;
                }
                changed[at] = other;
                let changed: String = changed.into_iter().collect();
                assert_eq!(keys.verify(&changed), Err(NotALink), "character {at} as {other}");
            }
        }
        for cut in 0..token.len() {
            assert_eq!(keys.verify(&token[..cut]), Err(NotALink));
        }
        assert_eq!(keys.verify(&format!("{token}A")), Err(NotALink));
        assert_eq!(keys.verify(&format!("{token}=")), Err(NotALink));
    }

    #[test]
    fn a_link_ends_in_a_letter_or_a_digit() {
        for id in ["k", "k1", "k12", "k123", "2026-11", "key_of_november"] {
            let text = format!("current = \"{id}\"\n[keys]\n{id} = \"{}\"\n", key(7));
            let keys = LinkKeys::parse(&text).unwrap();
            for generation in 0..500 {
                let link = Link { generation, ..link() };
                let token = keys.token(link);
                assert!(token.ends_with(|c: char| c.is_ascii_alphanumeric()), "{token}");
                assert_eq!(keys.verify(&token), Ok(link), "{token}");
            }
        }
    }

    #[test]
    fn old_keys_verify_and_unknown_ones_do_not() {
        let token = keys("k1", &["k1"]).token(link());
        assert_eq!(keys("k2", &["k1", "k2"]).verify(&token), Ok(link()));
        assert_eq!(keys("k2", &["k2"]).verify(&token), Err(NotALink));
    }

    #[test]
    fn keys_that_cannot_sign_are_refused() {
        for text in [
            "",
            "current = \"k1\"\n[keys]\n",
            "current = \"k1\"\n[keys]\nk1 = \"short\"\n",
            "current = \"k1\"\n[keys]\nk1 = \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"\n",
            "current = \"K 1\"\n[keys]\n\"K 1\" = \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=\"\n",
        ] {
            assert!(LinkKeys::parse(text).is_err(), "{text}");
        }
        assert!(!format!("{:?}", keys("k1", &["k1"])).contains("49"));
    }

    #[test]
    fn a_file_says_whether_its_keys_are_for_development() {
        let text = format!("current = \"k1\"\n[keys]\nk1 = \"{}\"\n", key(1));
        assert!(!LinkKeys::parse(&text).unwrap().is_development());
        let marked = format!("development = true\n{text}");
        assert!(LinkKeys::parse(&marked).unwrap().is_development());
    }
}
