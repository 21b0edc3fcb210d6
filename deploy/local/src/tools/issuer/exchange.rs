//! Codes, and the token endpoint that takes them.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};

use super::Issuer;
use super::people::Person;
use super::sign::{LIFE_SECONDS, access_token, id_token};
use crate::suite::AUDIENCE;

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

/// RFC 6749, section 4.1.3.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Exchange {
    grant_type: String,
    code: String,
    redirect_uri: String,
    client_id: String,
    code_verifier: String,
}

/// Gives tokens for a code.
pub(super) async fn token(State(issuer): State<Arc<Issuer>>, Form(exchange): Form<Exchange>) -> Response {
    let (status, body) = match collect(&issuer, &exchange) {
        Ok(tokens) => (StatusCode::OK, tokens),
        Err((error, description)) => {
            let refusal = json!({ "error": error, "error_description": description });
            (StatusCode::BAD_REQUEST, refusal)
        }
    };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// The tokens; or the error of RFC 6749, section 5.2, and what it means.
fn collect(issuer: &Issuer, exchange: &Exchange) -> Result<Value, (&'static str, &'static str)> {
    if exchange.grant_type != "authorization_code" {
        return Err(("unsupported_grant_type", "only authorization_code is supported"));
    }
    if exchange.client_id != AUDIENCE {
        return Err(("invalid_client", "this client is not known here"));
    }
    let (key, url, clock) = (&issuer.key, &issuer.url, &issuer.clock);
    let mut codes = issuer.codes.lock().unwrap_or_else(PoisonError::into_inner);
    let granted = codes
        .collect(&exchange.code, &exchange.code_verifier, clock.now())
        .filter(|granted| granted.redirect_uri == exchange.redirect_uri)
        .ok_or((
            "invalid_grant",
            "the code is unknown, used, older than a minute, or not this client's",
        ))?;
    let unsigned = |_| ("server_error", "the tokens could not be signed");
    let access = access_token(key, url, &granted.person, clock).map_err(unsigned)?;
    let id = id_token(key, url, &granted.person, granted.nonce.as_deref(), clock).map_err(unsigned)?;
    Ok(json!({
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": LIFE_SECONDS,
        "scope": "openid profile email",
        "id_token": id,
    }))
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
