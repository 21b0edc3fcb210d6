//! Signing in at the issuer with a program of one's own: authorization code and PKCE (RFC 7636), as a public client that
//! listens on loopback for the way back (RFC 8252, section 7.3).

use anyhow::{Context, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use muster_local::Addresses;
use muster_local::suite::{AUDIENCE, LOOPBACK_PATH};
use reqwest::{Client, Url};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::browser::{Browser, PATIENCE};
use super::diagnosis::PartError;

/// What the issuer says of itself (OpenID Connect Discovery, section 3).
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    authorization_endpoint: Url,
    token_endpoint: Url,
    code_challenge_methods_supported: Vec<String>,
    token_endpoint_auth_methods_supported: Vec<String>,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
}

/// An access token of somebody who picks themself on the issuer's page.
pub(super) async fn access_token(addresses: &Addresses, who: &str) -> anyhow::Result<String> {
    let signing_in = sign_in(addresses, who).await;
    signing_in.with_context(|| PartError::of("issuer", format!("{who} cannot sign in")))
}

async fn sign_in(addresses: &Addresses, who: &str) -> anyhow::Result<String> {
    let http = Client::builder().timeout(PATIENCE).no_proxy().build()?;
    let issuer = discover(&http, &addresses.issuer).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let redirect_uri = format!("http://{}{LOOPBACK_PATH}", listener.local_addr()?);
    let (verifier, state) = (random(), random());
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
    let mut ask = issuer.authorization_endpoint.clone();
    ask.query_pairs_mut().extend_pairs([
        ("response_type", "code"),
        ("client_id", AUDIENCE),
        ("redirect_uri", &redirect_uri),
        ("scope", "openid profile email"),
        ("state", &state),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    let mut browser = Browser::open(addresses, ask.as_str()).await?;
    let picked = browser.submit("/authorize", Some(("person", who)));
    let (answer, ()) = tokio::try_join!(redirect(listener), picked)?;

    let given = |name: &str| answer.query_pairs().find(|(key, _)| key == name).map(|it| it.1);
    ensure!(
        given("state").is_some_and(|it| it == state),
        "the state is not ours"
    );
    // RFC 9207: the answer is of the issuer that was asked.
    ensure!(
        given("iss").is_some_and(|it| it == issuer.issuer),
        "another issuer answers"
    );
    let code = given("code").context("there is no code in the answer")?;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", &redirect_uri),
        ("client_id", AUDIENCE),
        ("code_verifier", &verifier),
    ];
    let answer = http.post(issuer.token_endpoint).form(&form).send().await?;
    let tokens: Tokens = answer.error_for_status()?.json().await?;
    Ok(tokens.access_token)
}

async fn discover(http: &Client, issuer: &str) -> anyhow::Result<Discovery> {
    let url = format!("{issuer}/.well-known/openid-configuration");
    let found: Discovery = http.get(url).send().await?.error_for_status()?.json().await?;
    ensure!(
        found.issuer == issuer,
        "the issuer does not tell its own name, but {}",
        found.issuer
    );
    let offers = |offered: &[String], wanted: &str| offered.iter().any(|it| it == wanted);
    ensure!(
        offers(&found.code_challenge_methods_supported, "S256")
            && offers(&found.token_endpoint_auth_methods_supported, "none"),
        "the issuer does not offer PKCE to public clients"
    );
    Ok(found)
}

/// Waits for the browser that the issuer sends back, and tells it to be done.
async fn redirect(listener: TcpListener) -> anyhow::Result<Url> {
    let (stream, _) = tokio::time::timeout(PATIENCE, listener.accept())
        .await
        .context("the issuer does not send the browser back")??;
    let mut stream = BufReader::new(stream);
    let (mut asked, mut rest) = (String::new(), String::new());
    stream.read_line(&mut asked).await?;
    while stream.read_line(&mut rest).await? > 2 {}
    let page = "HTTP/1.1 200 OK\r\ncontent-length: 15\r\nconnection: close\r\n\r\nyou are known.\n";
    stream.write_all(page.as_bytes()).await?;
    stream.shutdown().await?;
    let path = asked.split(' ').nth(1).context("the browser asks for nothing")?;
    Ok(Url::parse("http://127.0.0.1")?.join(path)?)
}

fn random() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}
