//! What was granted and not yet collected.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};

use super::people::Person;

/// Between the redirect and its collection there is one request.
const LIFE: Duration = Duration::seconds(60);

/// A sign-in that its client has yet to collect.
#[derive(Clone, Debug)]
pub(super) struct Granted {
    pub(super) person: Person,
    pub(super) nonce: Option<String>,
    pub(super) challenge: String,
    pub(super) redirect_uri: String,
}

/// Codes given out, in memory: a restart asks people to sign in again.
#[derive(Debug, Default)]
pub(super) struct Codes {
    waiting: HashMap<String, (Granted, OffsetDateTime)>,
}

impl Codes {
    /// A code for one sign-in.
    pub(super) fn grant(&mut self, granted: Granted, now: OffsetDateTime) -> String {
        self.waiting.retain(|_, (_, until)| *until > now);
        let code = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
        self.waiting.insert(code.clone(), (granted, now + LIFE));
        code
    }

    /// Collects a code: once, in time, by the client that knows the verifier. A wrong try uses the code up.
    pub(super) fn collect(&mut self, code: &str, verifier: &str, now: OffsetDateTime) -> Option<Granted> {
        let (granted, until) = self.waiting.remove(code)?;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
        (until > now && granted.challenge == challenge).then_some(granted)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_code_is_collected_once_in_time_and_only_with_its_verifier() {
        let now = datetime!(2026-01-01 12:00 UTC);
        let granted = Granted {
            person: Person {
                sub: "s".to_owned(),
                name: "n".to_owned(),
                email: "e@x.test".to_owned(),
            },
            nonce: None,
            challenge: URL_SAFE_NO_PAD.encode(Sha256::digest("verifier")),
            redirect_uri: "http://a.test/".to_owned(),
        };
        let mut codes = Codes::default();
        let mut grant = || codes.grant(granted.clone(), now);
        let [good, wrong, late] = [grant(), grant(), grant()];
        assert!(codes.collect(&good, "verifier", now).is_some());
        assert!(codes.collect(&good, "verifier", now).is_none());
        assert!(codes.collect(&wrong, "another", now).is_none());
        assert!(codes.collect(&wrong, "verifier", now).is_none());
        assert!(codes.collect(&late, "verifier", now + LIFE).is_none());
    }
}
