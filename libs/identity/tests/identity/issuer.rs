//! An OIDC issuer on loopback that counts how often it is asked.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use std::time::Duration;

use muster_identity::oidc::{IssuerOptions, PersonVerifier, StaffClaim};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::support::{Keys, clock, now, token};
use muster_clock::Clock;

pub(crate) const AUDIENCE: &str = "muster";

/// A running issuer.
pub(crate) struct Issuer {
    pub(crate) url: String,
    pub(crate) keys: Keys,
    shared: Arc<Shared>,
}

struct Shared {
    /// Beside the address of the keys, which may have moved.
    discovery: Mutex<Value>,
    /// By path.
    jwks: Mutex<BTreeMap<String, Value>>,
    fetches: AtomicUsize,
    /// What its UserInfo endpoint answers, and to which tokens.
    userinfo: Mutex<(u16, Value)>,
    asked_about: Mutex<Vec<String>>,
    away: AtomicBool,
    /// While false, requests arrive and are not answered.
    answering: watch::Sender<bool>,
    /// Answers of another kind, by path.
    canned: Mutex<BTreeMap<String, Canned>>,
}

/// An answer byte by byte as it is written here.
#[derive(Clone)]
pub(crate) struct Canned {
    bytes: Vec<u8>,
    /// The wait before each byte of it.
    every: Option<Duration>,
}

impl Canned {
    /// This status, these lines of the head, this body.
    pub(crate) fn new(status: u16, head: &str, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let length = body.len();
        let head =
            format!("HTTP/1.1 {status} X\r\n{head}content-length: {length}\r\nconnection: close\r\n\r\n");
        Self {
            bytes: [head.as_bytes(), body].concat(),
            every: None,
        }
    }

    /// The same, a byte at a time.
    pub(crate) fn slowly(self) -> Self {
        let every = Some(Duration::from_millis(100));
        Self { every, ..self }
    }
}

impl Issuer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let keys = Keys::new();
        let shared = Arc::new(Shared {
            discovery: Mutex::new(json!({ "issuer": url, "jwks_uri": format!("{url}/keys") })),
            jwks: Mutex::new(BTreeMap::from([("/keys".to_owned(), keys.jwks())])),
            fetches: AtomicUsize::new(0),
            userinfo: Mutex::new((200, Value::Null)),
            asked_about: Mutex::default(),
            away: AtomicBool::new(false),
            answering: watch::Sender::new(true),
            canned: Mutex::default(),
        });
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&serving).answer(stream));
            }
        });
        Self { url, keys, shared }
    }

    /// How often its keys were fetched.
    pub(crate) fn fetches(&self) -> usize {
        self.shared.fetches.load(Ordering::SeqCst)
    }

    pub(crate) fn away(&self, away: bool) {
        self.shared.away.store(away, Ordering::SeqCst);
    }

    /// From now on it tells about people at a UserInfo endpoint, like this.
    pub(crate) fn tells(&self, status: u16, claims: Value) {
        self.says("userinfo_endpoint", json!(format!("{}/userinfo", self.url)));
        *self.shared.userinfo.lock().unwrap() = (status, claims);
    }

    /// The tokens that its UserInfo endpoint was asked about.
    pub(crate) fn asked_about(&self) -> Vec<String> {
        self.shared.asked_about.lock().unwrap().clone()
    }

    /// Whether requests are answered, or kept waiting.
    pub(crate) fn answering(&self, answering: bool) {
        self.shared.answering.send_replace(answering);
    }

    /// Whether a request has arrived and waits for its answer.
    pub(crate) fn is_asked(&self) -> bool {
        self.shared.answering.receiver_count() > 0
    }

    /// What it says of itself from now on; `null`: nothing that can be read.
    pub(crate) fn says(&self, member: &str, value: Value) {
        self.shared.discovery.lock().unwrap()[member] = value;
    }

    pub(crate) fn publish(&self, keys: Value) {
        self.publish_at("/keys", keys);
    }

    pub(crate) fn publish_at(&self, path: &str, keys: Value) {
        self.shared.jwks.lock().unwrap().insert(path.to_owned(), keys);
    }

    /// What is asked at this path gets this answer from now on; `None`: the usual one.
    pub(crate) fn answers(&self, path: &str, canned: Option<Canned>) {
        let mut all = self.shared.canned.lock().unwrap();
        match canned {
            Some(canned) => drop(all.insert(path.to_owned(), canned)),
            None => drop(all.remove(path)),
        }
    }

    /// Its discovery document, as it is now.
    pub(crate) fn discovery(&self) -> String {
        self.shared.discovery.lock().unwrap().to_string()
    }

    pub(crate) fn options(&self) -> IssuerOptions {
        IssuerOptions {
            url: self.url.clone(),
            audience: AUDIENCE.to_owned(),
            typed: false,
            trust_email: true,
            staff: Some(StaffClaim {
                path: vec!["groups".to_owned()],
                value: "registry-staff".to_owned(),
            }),
        }
    }

    pub(crate) fn verifier(&self) -> PersonVerifier {
        self.verifier_at(clock())
    }

    pub(crate) fn verifier_at(&self, clock: Clock) -> PersonVerifier {
        PersonVerifier::new(vec![self.options()], clock).unwrap()
    }

    /// Claims that are believed.
    pub(crate) fn claims(&self) -> Value {
        json!({
            "iss": self.url, "sub": "somebody", "aud": AUDIENCE, "exp": now() + 300, "iat": now(),
            "name": "Some Body", "email": "some.body@example.org", "email_verified": true,
        })
    }

    /// A token that is believed.
    pub(crate) fn good(&self) -> String {
        self.signed(&self.claims())
    }

    pub(crate) fn signed(&self, claims: &Value) -> String {
        token(
            &json!({ "alg": "EdDSA", "kid": "ed", "typ": "JWT" }),
            claims,
            |message| self.keys.ed_sign(message),
        )
    }
}

impl Shared {
    async fn answer(self: Arc<Self>, mut stream: TcpStream) {
        let mut request = vec![0; 4096];
        let read = stream.read(&mut request).await.unwrap_or_default();
        let request = String::from_utf8_lossy(&request[..read]).into_owned();
        let _ = self.answering.subscribe().wait_for(|answering| *answering).await;
        let path = request.split(' ').nth(1).unwrap_or_default();
        let canned = self.canned.lock().unwrap().get(path).cloned();
        if let Some(canned) = canned {
            return canned.send(stream).await;
        }
        let body = if self.away.load(Ordering::SeqCst) {
            None
        } else if path == "/.well-known/openid-configuration" {
            Some(self.discovery.lock().unwrap().clone())
        } else if path == "/userinfo" {
            let bearer = request
                .lines()
                .find_map(|line| line.strip_prefix("authorization: Bearer "));
            self.asked_about
                .lock()
                .unwrap()
                .push(bearer.unwrap_or_default().to_owned());
            let (status, claims) = self.userinfo.lock().unwrap().clone();
            return send(stream, &status.to_string(), &claims.to_string()).await;
        } else {
            self.jwks.lock().unwrap().get(path).cloned()
        };
        if path.starts_with("/keys") || body.is_none() {
            self.fetches.fetch_add(1, Ordering::SeqCst);
        }
        match body {
            Some(body) => send(stream, "200 OK", &body.to_string()).await,
            None => send(stream, "503 Service Unavailable", "").await,
        }
    }
}

impl Canned {
    async fn send(self, mut stream: TcpStream) {
        let Some(every) = self.every else {
            let _ = stream.write_all(&self.bytes).await;
            return;
        };
        for byte in self.bytes {
            tokio::time::sleep(every).await;
            if stream.write_all(&[byte]).await.is_err() {
                return;
            }
        }
    }
}

async fn send(mut stream: TcpStream, status: &str, body: &str) {
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(answer.as_bytes()).await;
}
