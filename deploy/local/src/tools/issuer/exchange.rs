//! The token endpoint.

use std::sync::{Arc, PoisonError};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use serde::Deserialize;
use serde_json::json;

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
    if exchange.grant_type != "authorization_code" {
        return refuse("unsupported_grant_type", "only authorization_code is supported");
    }
    if exchange.client_id != AUDIENCE {
        return refuse("invalid_client", "this client is not known here");
    }
    let mut codes = issuer.codes.lock().unwrap_or_else(PoisonError::into_inner);
    let granted = codes.collect(&exchange.code, &exchange.code_verifier, issuer.clock.now());
    let Some(granted) = granted.filter(|_| exchange.redirect_uri == issuer.redirect_uri) else {
        return refuse(
            "invalid_grant",
            "the code is unknown, used, older than a minute, or not this client's",
        );
    };
    let access = access_token(&issuer.key, &issuer.url, &granted.person, &issuer.clock);
    let id = id_token(
        &issuer.key,
        &issuer.url,
        &granted.person,
        granted.nonce.as_deref(),
        &issuer.clock,
    );
    let (Ok(access), Ok(id)) = (access, id) else {
        return refuse("server_error", "the tokens could not be signed");
    };
    let body = json!({
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": LIFE_SECONDS,
        "scope": "openid profile email",
        "id_token": id,
    });
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

fn refuse(error: &str, description: &str) -> Response {
    let body = Json(json!({ "error": error, "error_description": description }));
    (
        StatusCode::BAD_REQUEST,
        [(header::CACHE_CONTROL, "no-store")],
        body,
    )
        .into_response()
}
