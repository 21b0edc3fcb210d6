//! Sealing: what a browser keeps for us, it can neither read nor alter.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The most session keys: the one that seals, and those before and after it.
const MAX_KEYS: usize = 4;

/// Seals values with AES-256-GCM; each purpose (the cookie's name) is bound to what it sealed. The first session key seals, all
/// of them open, so that a key is exchanged while people are signed in.
pub(crate) struct Seal {
    seals_with: Keys,
    opens_with: Vec<Keys>,
}

/// What is derived from a session key.
struct Keys {
    aead: RandomizedNonceKey,
    forms: hmac::Key,
}

/// The key is not 32 bytes, or the cipher refused.
#[derive(Debug, thiserror::Error)]
#[error("session keys are one to four lines of 32 bytes in base64 (openssl rand -base64 32)")]
pub(crate) struct SealProblem;

impl Seal {
    /// A seal under keys of 32 bytes each.
    pub(crate) fn new(keys: &[Vec<u8>]) -> Result<Self, SealProblem> {
        let (first, others) = keys.split_first().ok_or(SealProblem)?;
        if others.len() >= MAX_KEYS {
            return Err(SealProblem);
        }
        Ok(Self {
            seals_with: Keys::of(first)?,
            opens_with: others.iter().map(|key| Keys::of(key)).collect::<Result<_, _>>()?,
        })
    }

    fn all(&self) -> impl Iterator<Item = &Keys> {
        std::iter::once(&self.seals_with).chain(&self.opens_with)
    }

    /// The sealed value, as text that fits into a cookie.
    pub(crate) fn close<T: Serialize>(&self, purpose: &str, value: &T) -> Option<String> {
        let mut bytes = serde_json::to_vec(value).ok()?;
        let nonce = self
            .seals_with
            .aead
            .seal_in_place_append_tag(Aad::from(purpose.as_bytes()), &mut bytes)
            .ok()?;
        let mut sealed = nonce.as_ref().to_vec();
        sealed.extend_from_slice(&bytes);
        Some(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// The value, if it was sealed here for this purpose and not altered.
    pub(crate) fn open<T: DeserializeOwned>(&self, purpose: &str, text: &str) -> Option<T> {
        let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        self.all().find_map(|keys| {
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let mut bytes = sealed.to_vec();
            let purpose = Aad::from(purpose.as_bytes());
            let plain = keys.aead.open_in_place(nonce, purpose, &mut bytes).ok()?;
            serde_json::from_slice(plain).ok()
        })
    }

    /// A token that a form of this session carries, so that only our own pages can post for it, and only about what was
    /// shown with it.
    pub(crate) fn form_token(&self, session: &str, about: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.seals_with.forms, &form_data(session, about)))
    }

    /// Whether a form token is of this session and about this; in constant time.
    pub(crate) fn is_form_token(&self, session: &str, about: &str, token: &str) -> bool {
        let told = form_data(session, about);
        URL_SAFE_NO_PAD.decode(token).is_ok_and(|token| {
            self.all()
                .any(|keys| hmac::verify(&keys.forms, &told, &token).is_ok())
        })
    }
}

impl Keys {
    fn of(key: &[u8]) -> Result<Self, SealProblem> {
        if key.len() != 32 {
            return Err(SealProblem);
        }
        // Two purposes, two keys: forms must not be able to speak about cookies.
        let derive = hmac::Key::new(hmac::HMAC_SHA256, key);
        let aead = RandomizedNonceKey::new(&AES_256_GCM, hmac::sign(&derive, b"muster cookies v1").as_ref())
            .map_err(|_| SealProblem)?;
        let forms = hmac::Key::new(
            hmac::HMAC_SHA256,
            hmac::sign(&derive, b"muster forms v1").as_ref(),
        );
        Ok(Self { aead, forms })
    }
}

/// The zero byte keeps them apart: a session's id is base64 and holds none.
fn form_data(session: &str, about: &str) -> Vec<u8> {
    [session.as_bytes(), &[0], about.as_bytes()].concat()
}

/// `bytes` random bytes as text: for states, nonces, verifiers and session ids.
pub(crate) fn random_text(bytes: usize) -> Option<String> {
    let mut random = vec![0; bytes];
    aws_lc_rs::rand::fill(&mut random).ok()?;
    Some(URL_SAFE_NO_PAD.encode(random))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::settings;

    #[test]
    fn what_was_sealed_opens_only_for_its_purpose_and_unaltered() {
        let seal = Seal::new(&[vec![7; 32]]).unwrap();
        let text = seal.close("session", &"ada").unwrap();
        assert_eq!(seal.open::<String>("session", &text).as_deref(), Some("ada"));
        assert_eq!(seal.open::<String>("link", &text), None);
        let altered = format!("{}A{}", &text[..5], &text[6..]);
        assert!(altered == text || seal.open::<String>("session", &altered).is_none());
        assert_eq!(
            Seal::new(&[vec![8; 32]])
                .unwrap()
                .open::<String>("session", &text),
            None
        );
    }

    #[test]
    fn a_key_is_exchanged_while_people_are_signed_in() {
        let of = |keys: &[u8]| Seal::new(&keys.iter().map(|key| vec![*key; 32]).collect::<Vec<_>>()).unwrap();
        let (old, both, turned, new) = (of(&[1]), of(&[1, 2]), of(&[2, 1]), of(&[2]));
        let opens = |seals: &Seal, opens: &Seal| {
            let cookie = seals.close("session", &"ada").unwrap();
            let token = seals.form_token("one", "this");
            let opened = opens.open::<String>("session", &cookie).is_some();
            assert_eq!(opens.is_form_token("one", "this", &token), opened);
            opened
        };
        for (one, other) in [(&old, &both), (&both, &turned), (&turned, &new)] {
            assert!(opens(one, other) && opens(other, one));
        }
        assert!(!opens(&old, &new));
        let many = vec![vec![1; 32]; MAX_KEYS + 1];
        assert!(Seal::new(&many).is_err() && Seal::new(&[]).is_err() && Seal::new(&[vec![1; 31]]).is_err());
    }

    #[test]
    fn the_steps_of_deploy_secrets_sign_nobody_out_before_the_last() {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/secrets");
        let name = format!("muster-sessions-{}", muster_clock::Clock::system().new_uuid());
        let directory = std::env::temp_dir().join(name);
        let step = |step: &[&str]| {
            let mut made = std::process::Command::new(&script);
            let done = made.arg(&directory).args(step).output().unwrap().status.success();
            let keys = settings::keys(&directory.join("gateway/session-key")).unwrap();
            (done, Seal::new(keys.keys()).unwrap())
        };
        let opens = |seal: &Seal, cookie: &str, token: &str| {
            let opened = seal.open::<String>("session", cookie).is_some();
            assert_eq!(seal.is_form_token("one", "this", token), opened);
            opened
        };
        let sealed = |seal: &Seal| {
            let cookie = seal.close("session", &"ada").unwrap();
            (cookie, seal.form_token("one", "this"))
        };
        let (made, mut before) = step(&[]);
        assert!(made && !step(&["use", "sessions"]).0 && step(&["retire", "sessions"]).0);
        let (first_cookie, first_token) = sealed(&before);
        for name in ["next", "use", "retire"] {
            let (done, after) = step(&[name, "sessions"]);
            assert!(done, "{name}");
            // Replicas before and after a step read each other's sessions and forms.
            for (one, other) in [(&before, &after), (&after, &before)] {
                let (cookie, token) = sealed(one);
                assert!(opens(other, &cookie, &token), "{name}");
            }
            let is_signed_in = opens(&after, &first_cookie, &first_token);
            assert_eq!(is_signed_in, name != "retire", "{name}");
            before = after;
        }
        std::fs::remove_dir_all(&directory).unwrap();
    }

    #[test]
    fn a_form_token_belongs_to_one_session_and_one_thing() {
        let seal = Seal::new(&[vec![7; 32]]).unwrap();
        let token = seal.form_token("one", "this");
        assert!(seal.is_form_token("one", "this", &token));
        assert!(!seal.is_form_token("two", "this", &token));
        assert!(!seal.is_form_token("one", "that", &token));
        assert!(!seal.is_form_token("one", "this", ""));
    }
}
