//! The developer's OIDC provider: authorization code flow with PKCE (RFC 7636, S256 only), for people of every role.
//!
//! Whoever opens its page chooses who to be: that is its purpose, and why it listens on loopback only. Everything else is
//! as strict as a real provider, so that what works here works there: known `redirect_uri`s, single-use codes that live a
//! minute, `state`, `nonce` and `iss` (RFC 9207) returned, `prompt=create` to register.

mod authorize;
mod exchange;
mod pages;
pub(crate) mod people;
mod request;
pub(crate) mod sign;

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use muster_clock::Clock;
use muster_identity::SigningKey;
use serde_json::{Value, json};

use self::exchange::Codes;
use self::people::People;
use crate::addresses::Addresses;
use crate::keys::Keys;
use crate::suite::{CALLBACK_PATH, LOOPBACK_PATH};
use crate::tools::serve_pages;
use crate::workspace::Workspace;

/// What the handlers share.
pub(crate) struct Issuer {
    url: String,
    /// Where the gateway's pages wait for the browser.
    callback: String,
    key: SigningKey,
    people: Mutex<People>,
    codes: Mutex<Codes>,
    clock: Clock,
}

/// Only the gateway's pages, also those of one that is reached by the other name of this machine, which browsers take for another
/// site; and programs of this machine at whatever port they have (RFC 8252, section 7.3).
fn may_return_to(callback: &str, address: &str) -> bool {
    let is_local = |host: &str, path: &str| {
        let local = address.strip_prefix(host);
        let port = local.and_then(|rest| rest.strip_suffix(path));
        port.is_some_and(|port| port.parse::<u16>().is_ok())
    };
    address == callback
        || is_local("http://127.0.0.1:", LOOPBACK_PATH)
        || is_local("http://localhost:", CALLBACK_PATH)
}

/// Serves until SIGTERM.
pub(crate) async fn serve(workspace: &Workspace, addresses: &Addresses) -> anyhow::Result<()> {
    let issuer = Arc::new(Issuer {
        url: addresses.issuer.clone(),
        callback: format!("{}{CALLBACK_PATH}", addresses.gateway),
        key: Keys::prepare(workspace)?.issuer,
        people: Mutex::new(People::open(&workspace.at("issuer/people.json"))),
        codes: Mutex::default(),
        clock: Clock::system(),
    });
    let routes = Router::new()
        .route("/", get(pages::home))
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/jwks", get(jwks))
        .route("/authorize", get(authorize::ask).post(authorize::decide))
        .route("/token", post(exchange::token))
        .with_state(issuer);
    serve_pages(&addresses.issuer, routes).await
}

async fn discovery(State(issuer): State<Arc<Issuer>>) -> Json<Value> {
    let url = &issuer.url;
    Json(json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "jwks_uri": format!("{url}/jwks"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
        "token_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "select_account", "create"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

async fn jwks(State(issuer): State<Arc<Issuer>>) -> Json<Value> {
    Json(json!({ "keys": [issuer.key.public_jwk()] }))
}

#[cfg(test)]
mod tests {
    use super::may_return_to;

    #[test]
    fn a_browser_is_sent_back_to_the_gateway_or_to_a_program_of_this_machine() {
        let callback = "http://127.0.0.1:8080/sign-in/callback";
        for address in [
            callback,
            "http://127.0.0.1:40123/signed-in",
            "http://localhost:40123/sign-in/callback",
        ] {
            assert!(may_return_to(callback, address), "{address}");
        }
        for address in [
            "",
            "http://127.0.0.1:8080/sign-in/callback?x=1",
            "http://127.0.0.1:8080/elsewhere/signed-in",
            "http://127.0.0.1:1@evil.test/signed-in",
            "http://localhost:1@evil.test/sign-in/callback",
            "http://localhost:40123/elsewhere",
            "http://localhost/sign-in/callback",
            "http://evil.test/signed-in",
        ] {
            assert!(!may_return_to(callback, address), "{address}");
        }
    }
}
