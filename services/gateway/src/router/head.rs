//! HEAD is GET without the content (RFC 9110, section 9.3.2).

use http::{Method, Request, Response, header};
use http_body::Body as _;
use tonic::body::Body;

/// Whether only the head of the answer is asked for; the request then asks for all of it.
pub(super) fn take(request: &mut Request<Body>) -> bool {
    let head = *request.method() == Method::HEAD;
    if head {
        *request.method_mut() = Method::GET;
    }
    head
}

/// The answer without its content, whose length stays.
pub(super) fn only(response: Response<Body>) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact() {
        head.headers
            .entry(header::CONTENT_LENGTH)
            .or_insert(length.into());
    }
    Response::from_parts(head, Body::empty())
}
