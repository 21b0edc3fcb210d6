//! Documents of issuers as servers send them: what is taken, and in which words the rest is told.

use std::io::Write as _;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use muster_identity::TokenProblem;
use muster_identity::oidc::PersonVerifier;
use serde_json::json;

use crate::issuer::{Canned, Issuer};
use crate::lines::Lines;
use crate::support::{clock, now};

const DISCOVERY: &str = "/.well-known/openid-configuration";
const KEYS: &str = "/keys";
const GZIP: &str = "content-encoding: gzip\r\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What is told of an issuer that could never be used.
async fn problem(issuer: &Issuer) -> String {
    let verifier = issuer.verifier();
    let refused = verifier.verify(&issuer.good()).await.unwrap_err();
    assert!(matches!(refused, TokenProblem::IssuerUnavailable(_)), "{refused}");
    told(&verifier).unwrap()
}

fn told(verifier: &PersonVerifier) -> Option<String> {
    verifier.look().into_iter().find_map(|status| status.problem)
}

#[tokio::test]
async fn gzipped_documents_are_taken() {
    let issuer = Issuer::start().await;
    let (discovery, keys) = (issuer.discovery(), issuer.keys.jwks().to_string());
    issuer.answers(
        DISCOVERY,
        Some(Canned::new(200, GZIP, gzip(discovery.as_bytes()))),
    );
    issuer.answers(KEYS, Some(Canned::new(200, GZIP, gzip(keys.as_bytes()))));
    issuer.verifier().verify(&issuer.good()).await.unwrap();
}

#[tokio::test]
async fn documents_are_taken_whatever_type_they_are_called() {
    let issuer = Issuer::start().await;
    let (discovery, keys) = (issuer.discovery(), issuer.keys.jwks().to_string());
    for named in [
        "application/jwk-set+json",
        "text/plain; charset=latin1",
        "text/html",
        "application/octet-stream",
        "\u{e9}",
    ] {
        let head = format!("content-type: {named}\r\n");
        issuer.answers(DISCOVERY, Some(Canned::new(200, &head, &discovery)));
        issuer.answers(KEYS, Some(Canned::new(200, "", &keys)));
        issuer.verifier().verify(&issuer.good()).await.unwrap();
    }
}

/// Hints of the wrong type (wso2/product-is #5372).
#[tokio::test]
async fn members_that_nobody_reads_spoil_no_document() {
    let issuer = Issuer::start().await;
    for value in [json!("true"), json!(1), json!(null), json!({}), json!([[]])] {
        for name in [
            "claims_parameter_supported",
            "request_parameter_supported",
            "authorization_response_iss_parameter_supported",
            "scopes_supported",
            "token_endpoint",
            "userinfo_endpoint",
            "authorization_endpoint",
        ] {
            issuer.says(name, value.clone());
        }
        let verifier = issuer.verifier();
        verifier.verify(&issuer.good()).await.unwrap();
        assert!(verifier.provider(&issuer.url).await.is_some());
    }
}

/// What a server may send instead of a document, and the words in which that is told.
fn unusable() -> Vec<(Canned, &'static str)> {
    let page = "<!doctype html><title>Sign in</title>";
    let bomb = gzip(&vec![b' '; 16 * 1024 * 1024]);
    let mut all = vec![
        (Canned::new(404, "", ""), "the answer is 404 Not Found"),
        (
            Canned::new(500, "", page),
            "the answer is 500 Internal Server Error",
        ),
        (
            Canned::new(200, "content-type: text/html\r\n", page),
            "the answer is not JSON of the shape that is expected (content-type: text/html)",
        ),
        (
            Canned::new(200, "", ""),
            "the answer is not JSON of the shape that is expected (content-type: )",
        ),
        (
            Canned::new(200, "", "[]"),
            "the answer is not JSON of the shape that is expected",
        ),
        (
            Canned::new(200, "", " ".repeat(300_000)),
            "the answer is larger than 256 KiB",
        ),
        (Canned::new(200, GZIP, bomb), "the answer is larger than 256 KiB"),
        (
            Canned::new(200, GZIP, "{}"),
            "the answer broke off, or is not packed as it says",
        ),
        (
            Canned::new(200, GZIP, &gzip(b"{}")[..12]),
            "the answer broke off, or is not packed as it says",
        ),
        (
            Canned::new(200, "content-encoding: br\r\n", "{}"),
            "the answer is packed as br, which was not asked for; gzip is taken",
        ),
    ];
    for status in [301, 302, 303, 307, 308] {
        let head = "location: https://elsewhere.example/there\r\n";
        all.push((
            Canned::new(status, head, page),
            "to https://elsewhere.example/there; redirects are not followed",
        ));
    }
    all
}

#[tokio::test]
async fn whatever_a_server_sends_instead_is_told_with_issuer_address_and_reason() {
    let issuer = Issuer::start().await;
    for (path, name) in [(DISCOVERY, "discovery document"), (KEYS, "keys")] {
        for (canned, words) in unusable() {
            let lines = Lines::start();
            issuer.answers(path, Some(canned));
            let began = Instant::now();
            let told = problem(&issuer).await;
            assert!(began.elapsed() < Duration::from_secs(4), "{words}");
            let url = format!("{}{path}", issuer.url);
            assert!(
                told.starts_with(&format!("{name} at {url}: the answer ")) && told.contains(words),
                "{told}"
            );
            let what = format!("{name} of the issuer not read");
            let line = [what.as_str(), &format!("issuer=\"{}\"", issuer.url), &url, words];
            assert_eq!(lines.count("WARN", &line), 1, "{words} in {}", lines.all());
        }
        issuer.answers(path, None);
    }
}

#[tokio::test]
async fn a_server_that_is_slow_or_not_there_is_told_as_such() {
    let (silent, dripping, gone) = (
        Issuer::start().await,
        Issuer::start().await,
        Issuer::start().await,
    );
    silent.answering(false);
    dripping.answers(
        DISCOVERY,
        Some(Canned::new(200, "", dripping.discovery()).slowly()),
    );
    gone.says("jwks_uri", json!("http://127.0.0.1:1/keys"));
    let began = Instant::now();
    let (silent, dripping, gone) = tokio::join!(problem(&silent), problem(&dripping), problem(&gone));
    assert!(began.elapsed() < Duration::from_secs(9));
    for told in [silent, dripping] {
        let words = ": no answer within 5 s (nobody can sign in there, and its tokens are refused)";
        assert!(
            told.starts_with("discovery document at ") && told.ends_with(words),
            "{told}"
        );
    }
    let words = "keys at http://127.0.0.1:1/keys: no answer: error sending request: ";
    assert!(
        gone.starts_with(words) && gone.contains("Connection refused"),
        "{gone}"
    );
}

#[tokio::test]
async fn a_document_of_another_issuer_or_without_what_is_needed_is_told_as_such() {
    let slash = "https://id.example/";
    for (member, value, words) in [
        (
            "issuer",
            json!(slash),
            "it is the document of the issuer https://id.example/; the issuer's url must be written exactly so",
        ),
        ("issuer", json!(1), "it has no `issuer` that is text"),
        ("jwks_uri", json!(null), "it has no `jwks_uri` that is text"),
        (
            "jwks_uri",
            json!("http://keys.example/keys"),
            "its jwks_uri, http://keys.example/keys, is neither https nor http on loopback",
        ),
    ] {
        let issuer = Issuer::start().await;
        issuer.says(member, value);
        let told = problem(&issuer).await;
        assert!(told.contains(words), "{told}");
    }
}

#[tokio::test]
async fn keys_that_cannot_be_used_are_told_one_by_one() {
    let issuer = Issuer::start().await;
    let mut key = issuer.keys.rsa_jwk();
    key["use"] = json!("enc");
    issuer.publish(json!({ "keys": [key] }));
    let told = problem(&issuer).await;
    let words =
        "no key that can be used: key \"rsa\": its `use` is \"enc\", not \"sig\" (its tokens are refused)";
    assert!(told.ends_with(words), "{told}");
}

#[tokio::test]
async fn an_issuer_is_looked_at_until_it_is_well_and_then_left_alone() {
    let (issuer, clock) = (Issuer::start().await, clock());
    let verifier = issuer.verifier_at(clock.clone());
    let look = async |enough: &dyn Fn(&Option<String>) -> bool| {
        let looking = async {
            while !enough(&told(&verifier)) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), looking)
            .await
            .unwrap();
    };
    issuer.away(true);
    look(&|told| told.as_ref().is_some_and(|told| told.contains("503"))).await;
    issuer.away(false);
    clock.advance(Duration::from_secs(30));
    look(&Option::is_none).await;
    let (asked, mut claims) = (issuer.fetches(), issuer.claims());
    claims["exp"] = json!(now() + 3600);
    let good = issuer.signed(&claims);
    verifier.verify(&good).await.unwrap();
    clock.advance(Duration::from_secs(300));
    look(&Option::is_none).await;
    assert_eq!(issuer.fetches(), asked);
    issuer.answers(KEYS, Some(Canned::new(503, "", "")));
    clock.advance(Duration::from_secs(301));
    verifier.verify(&good).await.unwrap();
    look(&|told| {
        told.as_ref()
            .is_some_and(|told| told.ends_with("(what was read before goes on to count)"))
    })
    .await;
    verifier.verify(&good).await.unwrap();
}
