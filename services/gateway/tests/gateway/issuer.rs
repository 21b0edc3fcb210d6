//! An OIDC issuer on loopback.

use axum::routing::get;
use axum::{Json, Router};
use muster_clock::Clock;
use muster_identity::SigningKey;
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub(crate) const AUDIENCE: &str = "muster";

pub(crate) struct Issuer {
    pub(crate) url: String,
    key: SigningKey,
}

impl Issuer {
    pub(crate) async fn start() -> Self {
        let key = SigningKey::generate().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let discovery = json!({ "issuer": url, "jwks_uri": format!("{url}/keys") });
        let keys = json!({ "keys": [key.public_jwk()] });
        let router = Router::new()
            .route(
                "/.well-known/openid-configuration",
                get(async move || Json(discovery.clone())),
            )
            .route("/keys", get(async move || Json(keys.clone())));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, key }
    }

    /// An access token of this person.
    pub(crate) fn token(&self, subject: &str) -> String {
        self.token_with(subject, json!({}))
    }

    /// The same of registry staff.
    pub(crate) fn staff_token(&self, subject: &str) -> String {
        self.token_with(subject, json!({ "groups": ["registry-staff"] }))
    }

    fn token_with(&self, subject: &str, more: Value) -> String {
        let now = Clock::system().now().unix_timestamp();
        let mut claims = json!({
            "iss": self.url, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + 300, "name": subject,
            "email": format!("{subject}@example.org"), "email_verified": true,
        });
        claims
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        self.key.sign("at+jwt", &claims).unwrap()
    }
}
