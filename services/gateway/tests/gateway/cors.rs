//! Pages of other origins.

use http::{HeaderMap, Method};
use muster_gateway::ExtraHeaders;
use reqwest::{Client, RequestBuilder, Response};

use crate::support::{Fixture, OURS};
use crate::wire::framed;

const OURS_TOO: &str = "https://app.example.org";
const STRANGER: &str = "https://app.example.com";
const RPC: &str = "/muster.records.v1.PersonRecordService/ListRecordAccesses";

async fn fixture() -> Fixture {
    Fixture::told(|settings| settings.cors_origins = OURS_TOO.parse().unwrap()).await
}

fn to(fixture: &Fixture, method: Method, path: &str, origin: &str) -> RequestBuilder {
    let request = Client::new().request(method, format!("http://{}{path}", fixture.address));
    request.header("origin", origin)
}

async fn preflight(fixture: &Fixture, path: &str, origin: &str) -> Response {
    to(fixture, Method::OPTIONS, path, origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type")
        .send()
        .await
        .unwrap()
}

/// What is said about origins.
fn said(headers: &HeaderMap) -> Vec<(&str, &str)> {
    // Pages vary by something else.
    let about = |name: &str, value: &str| {
        let of_others = ["accept-language, cookie", "accept-encoding"];
        name.starts_with("access-control-") || (name == "vary" && !of_others.contains(&value))
    };
    let mut said: Vec<_> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .filter(|(name, value)| about(name, value))
        .collect();
    said.sort_unstable();
    said
}

async fn refused_in_json(fixture: &Fixture, origin: &str) -> Response {
    let request = to(fixture, Method::GET, &format!("/v1/{OURS}"), origin);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 401);
    answer
}

async fn in_grpc_web(fixture: &Fixture, origin: &str) -> Response {
    let request = to(fixture, Method::POST, RPC, origin);
    let request = request
        .header("content-type", "application/grpc-web+proto")
        .bearer_auth(fixture.issuer.token("ada"));
    let answer = request.body(framed(b"")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer
}

#[tokio::test]
async fn a_script_of_a_named_origin_may_call_and_read() {
    let fixture = fixture().await;
    for path in [RPC, "/v1/organizations", "/v1/unknown"] {
        let answer = preflight(&fixture, path, OURS_TOO).await;
        assert_eq!(answer.status(), 204, "{path}");
        assert_eq!(
            said(answer.headers()),
            [
                (
                    "access-control-allow-headers",
                    "authorization, content-type, muster-reason, grpc-timeout, x-grpc-web, x-user-agent, traceparent, tracestate"
                ),
                ("access-control-allow-methods", "GET, POST, PUT, PATCH, DELETE"),
                ("access-control-allow-origin", OURS_TOO),
                ("access-control-max-age", "7200"),
                ("vary", "origin"),
            ]
        );
    }
    // A refusal is for people, and their page must be able to read it.
    for answer in [
        refused_in_json(&fixture, OURS_TOO).await,
        in_grpc_web(&fixture, OURS_TOO).await,
    ] {
        assert_eq!(
            said(answer.headers()),
            [
                ("access-control-allow-origin", OURS_TOO),
                (
                    "access-control-expose-headers",
                    "grpc-status, grpc-message, grpc-status-details-bin, www-authenticate, retry-after"
                ),
                ("vary", "origin"),
            ]
        );
    }
}

#[tokio::test]
async fn headers_that_browsers_tracing_adds_are_allowed_where_they_are_named() {
    let fixture = Fixture::told(|settings| {
        settings.cors_origins = OURS_TOO.parse().unwrap();
        settings.cors_headers = "baggage, Sentry-Trace".parse().unwrap();
    })
    .await;
    let answer = preflight(&fixture, RPC, OURS_TOO).await;
    let allowed = answer.headers()["access-control-allow-headers"].to_str().unwrap();
    assert!(allowed.starts_with("authorization, content-type,"), "{allowed}");
    assert!(
        allowed.ends_with(", tracestate, baggage, sentry-trace"),
        "{allowed}"
    );
    for bad in ["", "*", "a b", "cookie", "baggage,"] {
        assert!(bad.parse::<ExtraHeaders>().is_err(), "{bad:?}");
    }
}

#[tokio::test]
async fn a_script_of_another_origin_is_told_nothing() {
    let fixture = fixture().await;
    for origin in [
        STRANGER,
        "null",
        "https://app.example.org:8443",
        "http://app.example.org",
    ] {
        let answer = preflight(&fixture, RPC, origin).await;
        assert_eq!(answer.status(), 403, "{origin}");
        assert_eq!(said(answer.headers()), [("vary", "origin")], "{origin}");
        let answer = refused_in_json(&fixture, origin).await;
        assert_eq!(said(answer.headers()), [("vary", "origin")], "{origin}");
        let answer = in_grpc_web(&fixture, origin).await;
        assert_eq!(said(answer.headers()), [("vary", "origin")], "{origin}");
    }
}

#[tokio::test]
async fn nobody_is_named_unless_somebody_is() {
    let fixture = Fixture::new().await;
    let answer = preflight(&fixture, RPC, OURS_TOO).await;
    assert_eq!((answer.status().as_u16(), said(answer.headers())), (403, vec![]));
    assert_eq!(said(refused_in_json(&fixture, OURS_TOO).await.headers()), []);
}

#[tokio::test]
async fn pages_are_for_their_own_origin_and_the_document_for_anybody() {
    let fixture = fixture().await;
    for path in ["/", "/invitation", "/docs", "/assets/muster.css"] {
        let page = to(&fixture, Method::GET, path, OURS_TOO).send().await.unwrap();
        assert_eq!(said(page.headers()), [], "{path}");
    }
    let asked = preflight(&fixture, "/invitation/accept", OURS_TOO).await;
    assert!(!asked.status().is_success() && said(asked.headers()).is_empty());
    let document = to(&fixture, Method::GET, "/openapi.json", STRANGER)
        .send()
        .await
        .unwrap();
    assert_eq!(said(document.headers()), [("access-control-allow-origin", "*")]);
}
