//! The token endpoint.

use std::sync::{Arc, PoisonError};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Issuer;
use super::sign::{LIFE_SECONDS, access_token, id_token};
use crate::suite::AUDIENCE;

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
