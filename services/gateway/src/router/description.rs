//! The JSON API described: an OpenAPI document for tools, and a page for people.

use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header};
use http_body_util::Full;
use tonic::body::Body;

use super::plain;

/// The descriptions.
#[derive(Clone)]
pub(crate) struct Description {
    /// The OpenAPI document.
    pub(crate) document: Bytes,
    /// The same as a page.
    pub(crate) reference: Bytes,
}

impl Description {
    pub(super) fn document(self, method: &Method) -> Response<Body> {
        let mut response = fixed(method, self.document, "application/json");
        // It says nothing that the repository does not, and tools in browsers read it.
        let anybody = HeaderValue::from_static("*");
        response
            .headers_mut()
            .insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, anybody);
        response
    }

    pub(super) fn reference(self, method: &Method) -> Response<Body> {
        let mut response = fixed(method, self.reference, "text/html; charset=utf-8");
        // It has a style sheet and nothing else.
        let nothing = HeaderValue::from_static(
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        );
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, nothing);
        response
    }
}

fn fixed(method: &Method, text: Bytes, kind: &'static str) -> Response<Body> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return plain(StatusCode::METHOD_NOT_ALLOWED);
    }
    let mut response = Response::new(Body::new(Full::new(text)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}
