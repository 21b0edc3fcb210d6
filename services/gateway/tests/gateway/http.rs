//! HTTP as clients speak it, and as those speak it who hope that two readers differ.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{Fixture, OURS, PATIENCE, eventually};

const RPC: &str = "/muster.records.v1.PersonRecordService/ListRecordAccesses";

/// Sends these bytes, and returns everything that comes back until the gateway ends the connection.
async fn raw(fixture: &Fixture, request: &str) -> String {
    let mut stream = TcpStream::connect(fixture.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut answer));
    read.await.unwrap().unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// The status of the only answer to these bytes.
async fn status(fixture: &Fixture, request: &str) -> u16 {
    let answer = raw(fixture, request).await;
    assert_eq!(answer.matches("HTTP/1.").count(), 1, "{request:?}: {answer}");
    answer[9..12].parse().unwrap()
}

#[tokio::test]
async fn a_request_names_exactly_one_host() {
    let fixture = Fixture::new().await;
    let with = async |hosts: &str| {
        status(
            &fixture,
            &format!("GET / HTTP/1.1\r\n{hosts}connection: close\r\n\r\n"),
        )
        .await
    };
    assert_eq!(with("host: a\r\n").await, 200);
    assert_eq!(with("").await, 400);
    assert_eq!(with("host: a\r\nhost: b\r\n").await, 400);
    assert_eq!(with("host: a\r\nHost: a\r\n").await, 400);
}

#[tokio::test]
async fn only_chunked_alone_is_a_transfer_coding() {
    let fixture = Fixture::new().await;
    let next = "GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n";
    for (coding, refused) in [
        ("transfer-encoding: chunked\r\n", false),
        ("transfer-encoding: gzip, chunked\r\n", true),
        ("transfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n", true),
        ("transfer-encoding: chunked, chunked\r\n", true),
        (
            "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
            true,
        ),
        ("transfer-encoding: identity, chunked\r\n", true),
        ("transfer-encoding: chunked, identity\r\n", true),
        ("transfer-encoding: gzip\r\n", true),
        ("transfer-encoding: xchunked\r\n", true),
        ("transfer-encoding: \"chunked\"\r\n", true),
    ] {
        let request = format!("POST /sign-out HTTP/1.1\r\nhost: a\r\n{coding}\r\n0\r\n\r\n");
        if refused {
            // What follows is never read as a request of its own.
            let status = status(&fixture, &format!("{request}{next}")).await;
            assert!(matches!(status, 400 | 501), "{coding:?}: {status}");
        } else {
            let answer = raw(
                &fixture,
                &format!("{request}GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"),
            )
            .await;
            assert_eq!(answer.matches("HTTP/1.1 ").count(), 2, "{coding:?}: {answer}");
        }
    }
}

#[tokio::test]
async fn head_is_answered_where_get_is() {
    let fixture = Fixture::new().await;
    let token = fixture.issuer.token("ada");
    // It would take the length away with the compression.
    let client = reqwest::Client::builder().no_gzip().build().unwrap();
    for path in [
        "/",
        "/docs",
        "/openapi.json",
        "/assets/muster.css",
        &format!("/v1/{OURS}"),
        "/nowhere",
    ] {
        let url = format!("http://{}{path}", fixture.address);
        let get = client.get(&url).bearer_auth(&token).send().await.unwrap();
        let head = client.head(&url).bearer_auth(&token).send().await.unwrap();
        assert_eq!(head.status(), get.status(), "{path}");
        for name in ["content-type", "cache-control", "content-security-policy"] {
            assert_eq!(
                head.headers().get(name),
                get.headers().get(name),
                "{path}: {name}"
            );
        }
        let length = get.bytes().await.unwrap().len().to_string();
        assert_eq!(head.headers()["content-length"], length.as_str(), "{path}");
        assert!(head.bytes().await.unwrap().is_empty(), "{path}");
    }
}

#[tokio::test]
async fn whoever_asks_before_sending_is_answered_by_what_the_head_decides() {
    let fixture = Fixture::new().await;
    let token = fixture.issuer.token("ada");
    let json = "content-type: application/json\r\n";
    let signed_in = format!("authorization: Bearer {token}\r\n");
    let post = async |headers: String| {
        let request = format!(
            "POST /v1/organizations HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\n{headers}connection: close\r\n\r\n"
        );
        raw(&fixture, &request).await
    };
    for (headers, status) in [
        (format!("{json}content-length: 100\r\n"), "401"),
        (format!("{signed_in}{json}content-length: 1000000\r\n"), "413"),
        (
            format!("{signed_in}content-type: text/plain\r\ncontent-length: 100\r\n"),
            "415",
        ),
        (format!("{signed_in}content-length: 100\r\n"), "415"),
    ] {
        let answer = post(headers.clone()).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{headers}: {answer}"
        );
        assert!(!answer.contains("100 Continue"), "{headers}: {answer}");
    }
}

#[tokio::test]
async fn nobody_is_read_before_they_are_known() {
    let fixture = Fixture::new().await;
    // Nothing of these bodies is ever sent.
    for (path, kind) in [
        ("/v1/organizations", "application/json"),
        (RPC, "application/grpc-web+proto"),
        (RPC, "application/grpc-web-text"),
    ] {
        for token in ["", "authorization: Bearer a.b.c\r\n"] {
            let head = format!(
                "POST {path} HTTP/1.1\r\nhost: a\r\ncontent-type: {kind}\r\n{token}content-length: 200000\r\n\r\n"
            );
            let mut stream = TcpStream::connect(fixture.address).await.unwrap();
            stream.write_all(head.as_bytes()).await.unwrap();
            let mut answer = [0; 12];
            timeout(PATIENCE, stream.read_exact(&mut answer))
                .await
                .unwrap()
                .unwrap();
            let expected = if path == RPC {
                "HTTP/1.1 200"
            } else {
                "HTTP/1.1 401"
            };
            assert_eq!(String::from_utf8_lossy(&answer), expected, "{path} {kind}");
        }
    }
}

/// Reads until this has come.
async fn until(stream: &mut TcpStream, end: &str) -> String {
    let mut answer = Vec::new();
    let reading = async {
        while !answer.ends_with(end.as_bytes()) {
            assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0);
        }
    };
    timeout(PATIENCE, reading).await.unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn what_was_refused_before_it_was_read_takes_nothing_with_it() {
    let fixture = Fixture::new().await;
    const SIZE: usize = 8 * 1024 * 1024;
    let file = "x".repeat(SIZE);
    let chunk = format!("{SIZE:x}\r\n{file}\r\n0\r\n\r\n");
    for (framing, body) in [
        (format!("content-length: {SIZE}"), &file),
        ("transfer-encoding: chunked".to_owned(), &chunk),
    ] {
        let path = format!("/v1/{OURS}/imports:upload");
        let head = format!("POST {path} HTTP/1.1\r\nhost: a\r\ncontent-type: text/csv\r\n{framing}\r\n\r\n");
        let mut stream = TcpStream::connect(fixture.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let refused = until(&mut stream, "}").await;
        assert!(refused.starts_with("HTTP/1.1 401"), "{framing}: {refused}");
        // The client sends on, as most do, and then asks for something else over the same connection.
        stream.write_all(body.as_bytes()).await.unwrap();
        let next = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
        stream.write_all(next.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let reading = timeout(PATIENCE, stream.read_to_string(&mut answer));
        reading.await.unwrap().unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{framing}: {answer}");
    }
}

#[tokio::test]
async fn what_is_left_of_a_refused_body_is_read_within_bounds() {
    let fixture = Fixture::new().await;
    let path = format!("/v1/{OURS}/imports:upload");
    let head = format!("POST {path} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n");
    let mut stream = TcpStream::connect(fixture.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    until(&mut stream, "}").await;
    let chunk = format!("100000\r\n{}\r\n", "x".repeat(1024 * 1024));
    let mut sent = 0;
    // Once the gateway has closed the connection, what is sent there is refused.
    while stream.write_all(chunk.as_bytes()).await.is_ok() {
        sent += 1;
        assert!(sent < 100, "{sent} MiB were read");
    }
}

#[tokio::test]
async fn a_body_of_very_many_values_is_not_translated() {
    let fixture = Fixture::new().await;
    let request = reqwest::Client::new().post(format!("http://{}/v1/organizations", fixture.address));
    let request = request.bearer_auth(fixture.issuer.token("ada"));
    let body = format!("{{\"requests\":[{}{{}}]}}", "{},".repeat(60_000));
    let request = request.header("content-type", "application/json").body(body);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 413);
}

#[tokio::test]
async fn whoever_speaks_another_dialect_is_told_in_theirs() {
    let fixture = Fixture::new().await;
    let url = format!("http://{}{RPC}", fixture.address);
    let client = reqwest::Client::new();
    let post = |kind: &str| client.post(&url).header("content-type", kind).body("{}").send();
    for kind in [
        "application/json",
        "application/proto",
        "application/connect+json",
    ] {
        let answer = post(kind).await.unwrap();
        assert_eq!(answer.status(), 415, "{kind}");
        let error: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(error["code"], "unimplemented", "{kind}");
    }
    let grpc = post("application/grpc").await.unwrap();
    assert_eq!(
        (grpc.version(), grpc.status().as_u16()),
        (http::Version::HTTP_11, 505)
    );
    let untyped = client.post(&url).body("{}").send().await.unwrap();
    assert_eq!(untyped.status(), 415);
    assert!(untyped.headers().contains_key("accept-post"));
    let get = client.get(&url).send().await.unwrap();
    for answer in [grpc, untyped, get] {
        assert_eq!(answer.headers()["content-type"], "text/plain; charset=utf-8");
    }
    let web = post("application/grpc-web+proto; charset=utf-8").await.unwrap();
    assert_eq!(web.status(), 200);
    assert_eq!(web.headers()["content-type"], "application/grpc-web+proto");
}

/// The timer of the edge's end of a connection, as Linux tells it: 02 is the one that asks whether the other side is there.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_operating_system_asks_for_clients_that_say_nothing() {
    let fixture = Fixture::new().await;
    let stream = TcpStream::connect(fixture.address).await.unwrap();
    let ports = [fixture.address, stream.local_addr().unwrap()].map(|end| format!(":{:04X}", end.port()));
    let asks = || {
        let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
        table.lines().any(|line| {
            let columns: Vec<_> = line.split_whitespace().collect();
            let ends = [1, 2].map(|at| columns.get(at).copied().unwrap_or_default());
            ends[0].ends_with(&ports[0])
                && ends[1].ends_with(&ports[1])
                && columns.get(5).is_some_and(|timer| timer.starts_with("02:"))
        })
    };
    eventually(async || asks()).await;
    drop(stream);
}
