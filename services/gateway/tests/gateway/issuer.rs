//! An OIDC issuer on loopback.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::http::{StatusCode, Uri};
use axum::routing::{get, post};
use axum::{Json, Router};
use muster_clock::Clock;
use muster_identity::SigningKey;
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub(crate) const AUDIENCE: &str = "muster";

/// Claims of a token that is silent about a person.
pub(crate) fn silent() -> Value {
    json!({ "name": null, "email": null, "email_verified": null })
}

pub(crate) struct Issuer {
    pub(crate) url: String,
    key: SigningKey,
    discovery: Arc<Mutex<Value>>,
    /// What its token endpoint answers.
    gives: Arc<Mutex<(StatusCode, Value)>>,
    /// What its UserInfo endpoint answers, and how often it was asked.
    tells: Arc<Mutex<(StatusCode, Value)>>,
    asked: Arc<AtomicUsize>,
}

impl Issuer {
    pub(crate) async fn start() -> Self {
        let key = SigningKey::generate().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let discovery = Arc::new(Mutex::new(json!({
            "issuer": url, "jwks_uri": format!("{url}/keys"),
            "authorization_endpoint": format!("{url}/authorize"), "token_endpoint": format!("{url}/token"),
        })));
        let discovered = Arc::clone(&discovery);
        let promised = Arc::clone(&discovery);
        let gives = Arc::<Mutex<(StatusCode, Value)>>::default();
        let given = Arc::clone(&gives);
        let tells = Arc::<Mutex<(StatusCode, Value)>>::default();
        let asked = Arc::<AtomicUsize>::default();
        let (told, counted) = (Arc::clone(&tells), Arc::clone(&asked));
        let keys = json!({ "keys": [key.public_jwk()] });
        let router = Router::new()
            .route(
                "/.well-known/openid-configuration",
                get(async move || Json(discovered.lock().unwrap().clone())),
            )
            .route(
                "/{*token}",
                post(async move |uri: Uri| {
                    let named = promised.lock().unwrap()["token_endpoint"].clone();
                    if !named.as_str().unwrap().ends_with(uri.path()) {
                        return (StatusCode::NOT_FOUND, Json(Value::Null));
                    }
                    let (status, body) = given.lock().unwrap().clone();
                    (status, Json(body))
                }),
            )
            .route(
                "/userinfo",
                get(async move || {
                    counted.fetch_add(1, Ordering::SeqCst);
                    let (status, body) = told.lock().unwrap().clone();
                    (status, Json(body))
                }),
            )
            .route("/keys", get(async move || Json(keys.clone())));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            url,
            key,
            discovery,
            gives,
            tells,
            asked,
        }
    }

    /// An access token of this person.
    pub(crate) fn token(&self, subject: &str) -> String {
        self.token_with(subject, json!({}))
    }

    /// One that says who it is, and no more.
    pub(crate) fn silent_token(&self, subject: &str) -> String {
        self.token_with(subject, silent())
    }

    /// An access token of registry staff.
    pub(crate) fn staff_token(&self, subject: &str) -> String {
        self.token_with(subject, json!({ "groups": ["registry-staff"] }))
    }

    /// From now on it promises to name itself in every answer (RFC 9207).
    pub(crate) fn names_itself(&self) {
        self.discovery.lock().unwrap()["authorization_response_iss_parameter_supported"] = json!(true);
    }

    /// Its token endpoint is somewhere else from now on.
    pub(crate) fn moves(&self) {
        self.discovery.lock().unwrap()["token_endpoint"] = json!(format!("{}/token/moved", self.url));
    }

    /// From now on its discovery document is that of another issuer, which no keys are taken from.
    pub(crate) fn is_another(&self) {
        self.discovery.lock().unwrap()["issuer"] = json!("https://another.example");
    }

    /// From now on it tells at a UserInfo endpoint about this person, with this status.
    pub(crate) fn tells(&self, status: u16, subject: &str) {
        self.discovery.lock().unwrap()["userinfo_endpoint"] = json!(format!("{}/userinfo", self.url));
        let claims = json!({
            "sub": subject, "name": subject, "email": format!("{subject}@example.org"), "email_verified": true,
        });
        *self.tells.lock().unwrap() = (StatusCode::from_u16(status).unwrap(), claims);
    }

    /// How often it was asked there.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// From now on it can be asked for single claims in ID tokens.
    pub(crate) fn takes_claims(&self) {
        self.discovery.lock().unwrap()["claims_parameter_supported"] = json!(true);
    }

    /// What the next sign-in gets: an ID token of this person, and this access token.
    pub(crate) fn will_give(&self, subject: &str, nonce: &str, access_token: &str) {
        self.will_say(subject, nonce, json!({}), access_token);
    }

    /// The same with more in the ID token.
    pub(crate) fn will_say(&self, subject: &str, nonce: &str, mut more: Value, access_token: &str) {
        more["aud"] = json!("pages");
        more["nonce"] = json!(nonce);
        let id_token = self.token_with(subject, more);
        let tokens = json!({ "access_token": access_token, "id_token": id_token });
        *self.gives.lock().unwrap() = (StatusCode::OK, tokens);
    }

    /// What the next sign-in gets: what another issuer would give.
    pub(crate) fn will_give_as(&self, other: &Issuer) {
        *self.gives.lock().unwrap() = other.gives.lock().unwrap().clone();
    }

    /// What the next sign-in gets instead.
    pub(crate) fn will_refuse(&self, status: u16, body: Value) {
        *self.gives.lock().unwrap() = (StatusCode::from_u16(status).unwrap(), body);
    }

    /// An access token with more in it.
    pub(crate) fn token_with(&self, subject: &str, more: Value) -> String {
        let now = Clock::system().now().unix_timestamp();
        let mut claims = json!({
            "iss": self.url, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + 300, "name": subject,
            "email": format!("{subject}@example.org"), "email_verified": true,
        });
        claims
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let kind = if claims.get("nonce").is_some() {
            "JWT"
        } else {
            "at+jwt"
        };
        self.key.sign(kind, &claims).unwrap()
    }
}
