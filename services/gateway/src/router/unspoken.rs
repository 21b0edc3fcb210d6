//! Answers to whoever speaks a dialect that is not spoken here, in words that their client shows.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use tonic::body::Body;

/// The media types that the path of an RPC takes (the header is of the Linked Data Platform, section 7.1).
const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");
const SPOKEN: HeaderValue =
    HeaderValue::from_static("application/grpc, application/grpc-web+proto, application/grpc-web-text+proto");

/// Connect clients read errors of this form (<https://connectrpc.com/docs/protocol#error-end-stream>).
const CONNECT_ERROR: &str = concat!(
    r#"{"code":"unimplemented","message":"Connect is not spoken here: use gRPC, gRPC-Web, "#,
    r#"or JSON over HTTP as /openapi.json describes it"}"#
);

/// A media type that no dialect at the path of an RPC has.
pub(super) fn media_type() -> Response<Body> {
    let mut response = text(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "this is the path of an RPC: POST application/grpc or application/grpc-web+proto to it, or use JSON as \
         /openapi.json describes it\n",
    );
    response.headers_mut().insert(ACCEPT_POST, SPOKEN);
    response
}

/// gRPC over HTTP/1: its status would stand in trailers, which HTTP/1 clients do not read.
pub(super) fn old_http() -> Response<Body> {
    text(
        StatusCode::HTTP_VERSION_NOT_SUPPORTED,
        "gRPC needs HTTP/2; over HTTP/1.1, send application/grpc-web+proto\n",
    )
}

/// The Connect protocol.
pub(super) fn connect() -> Response<Body> {
    let json = HeaderValue::from_static("application/json");
    of(StatusCode::UNSUPPORTED_MEDIA_TYPE, json, CONNECT_ERROR)
}

/// gRPC by another method than POST.
pub(super) fn method() -> Response<Body> {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "RPCs are called by POST\n");
    response
        .headers_mut()
        .insert(header::ALLOW, HeaderValue::from_static("POST"));
    response
}

fn text(status: StatusCode, text: &'static str) -> Response<Body> {
    of(
        status,
        HeaderValue::from_static("text/plain; charset=utf-8"),
        text,
    )
}

fn of(status: StatusCode, kind: HeaderValue, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::new(Full::new(Bytes::from_static(text.as_bytes()))));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
