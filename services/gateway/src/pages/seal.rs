//! Sealing: what a browser keeps for us, it can neither read nor alter.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Seals values under the session key with AES-256-GCM; each purpose (the cookie's name) is bound to what it sealed.
pub(crate) struct Seal {
    aead: RandomizedNonceKey,
    forms: hmac::Key,
}

/// The key is not 32 bytes, or the cipher refused.
#[derive(Debug, thiserror::Error)]
#[error("the session key must be 32 bytes")]
pub(crate) struct SealProblem;

impl Seal {
    /// A seal under a key of 32 bytes.
    pub(crate) fn new(key: &[u8]) -> Result<Self, SealProblem> {
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

    /// The sealed value, as text that fits into a cookie.
    pub(crate) fn close<T: Serialize>(&self, purpose: &str, value: &T) -> Option<String> {
        let mut bytes = serde_json::to_vec(value).ok()?;
        let nonce = self
            .aead
            .seal_in_place_append_tag(Aad::from(purpose.as_bytes()), &mut bytes)
            .ok()?;
        let mut sealed = nonce.as_ref().to_vec();
        sealed.extend_from_slice(&bytes);
        Some(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// The value, if it was sealed here for this purpose and not altered.
    pub(crate) fn open<T: DeserializeOwned>(&self, purpose: &str, text: &str) -> Option<T> {
        let mut sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        if sealed.len() < NONCE_LEN {
            return None;
        }
        let mut bytes = sealed.split_off(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(&sealed).ok()?;
        let plain = self
            .aead
            .open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut bytes)
            .ok()?;
        serde_json::from_slice(plain).ok()
    }

    /// A token that a form of this session carries, so that only our own pages can post for it, and only about what was
    /// shown with it.
    pub(crate) fn form_token(&self, session: &str, about: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.forms, &told(session, about)))
    }

    /// Whether a form token is of this session and about this; in constant time.
    pub(crate) fn is_form_token(&self, session: &str, about: &str, token: &str) -> bool {
        URL_SAFE_NO_PAD
            .decode(token)
            .is_ok_and(|token| hmac::verify(&self.forms, &told(session, about), &token).is_ok())
    }
}

/// The zero byte keeps them apart: a session's id is base64 and holds none.
fn told(session: &str, about: &str) -> Vec<u8> {
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
    use super::*;

    #[test]
    fn what_was_sealed_opens_only_for_its_purpose_and_unaltered() {
        let seal = Seal::new(&[7; 32]).unwrap();
        let text = seal.close("session", &"ada").unwrap();
        assert_eq!(seal.open::<String>("session", &text).as_deref(), Some("ada"));
        assert_eq!(seal.open::<String>("link", &text), None);
        let altered = format!("{}A{}", &text[..5], &text[6..]);
        assert!(altered == text || seal.open::<String>("session", &altered).is_none());
        assert_eq!(
            Seal::new(&[8; 32]).unwrap().open::<String>("session", &text),
            None
        );
    }

    #[test]
    fn a_form_token_belongs_to_one_session_and_one_thing() {
        let seal = Seal::new(&[7; 32]).unwrap();
        let token = seal.form_token("one", "this");
        assert!(seal.is_form_token("one", "this", &token));
        assert!(!seal.is_form_token("two", "this", &token));
        assert!(!seal.is_form_token("one", "that", &token));
        assert!(!seal.is_form_token("one", "this", ""));
    }
}
