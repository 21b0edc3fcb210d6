//! The JSON API described: an OpenAPI document for tools, and a page for people.

use std::io::{self, Write as _};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use http_body_util::Full;
use tonic::body::Body;

use super::plain;

/// The descriptions.
#[derive(Clone)]
pub(crate) struct Description {
    document: Fixed,
    reference: Fixed,
}

impl Description {
    /// Of the OpenAPI document, and the same as a page.
    ///
    /// # Errors
    /// They cannot be compressed.
    pub(crate) fn new(document: Bytes, reference: Bytes) -> io::Result<Self> {
        Ok(Self {
            document: Fixed::new(document, "application/json")?,
            reference: Fixed::new(reference, "text/html; charset=utf-8")?,
        })
    }

    pub(super) fn document(&self, method: &Method, headers: &HeaderMap) -> Response<Body> {
        let mut response = self.document.answer(method, headers);
        // It says nothing that the repository does not, and tools in browsers read it.
        let anybody = HeaderValue::from_static("*");
        response
            .headers_mut()
            .insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, anybody);
        response
    }

    pub(super) fn reference(&self, method: &Method, headers: &HeaderMap) -> Response<Body> {
        let mut response = self.reference.answer(method, headers);
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

/// A file that stays the same as long as the process lives: half a megabyte of text, a tenth of that compressed.
#[derive(Clone)]
struct Fixed {
    kind: &'static str,
    plain: Bytes,
    gzip: Bytes,
    /// Weak: it names the text, however it is written.
    etag: HeaderValue,
}

impl Fixed {
    fn new(plain: Bytes, kind: &'static str) -> io::Result<Self> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&plain)?;
        let digest = URL_SAFE_NO_PAD.encode(digest(&SHA256, &plain));
        let etag = HeaderValue::try_from(format!("W/\"{digest}\"")).map_err(io::Error::other)?;
        Ok(Self {
            kind,
            plain,
            gzip: gzip.finish()?.into(),
            etag,
        })
    }

    fn answer(&self, method: &Method, asked: &HeaderMap) -> Response<Body> {
        if !matches!(*method, Method::GET | Method::HEAD) {
            return plain(StatusCode::METHOD_NOT_ALLOWED);
        }
        let mut response = if self.is_known(asked) {
            let mut unchanged = Response::new(Body::empty());
            *unchanged.status_mut() = StatusCode::NOT_MODIFIED;
            unchanged
        } else if takes_gzip(asked) {
            let mut compressed = Response::new(Body::new(Full::new(self.gzip.clone())));
            let gzip = HeaderValue::from_static("gzip");
            compressed.headers_mut().insert(header::CONTENT_ENCODING, gzip);
            compressed
        } else {
            Response::new(Body::new(Full::new(self.plain.clone())))
        };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        headers.insert(header::ETAG, self.etag.clone());
        // Another release may say something else at any moment.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        response
    }

    /// Whether whoever asks has it already (RFC 9110, section 13.1.2: compared weakly).
    fn is_known(&self, asked: &HeaderMap) -> bool {
        let opaque = |tag: &[u8]| tag.strip_prefix(b"W/").unwrap_or(tag).to_vec();
        let ours = opaque(self.etag.as_bytes());
        items(asked, &header::IF_NONE_MATCH).any(|tag| tag == b"*" || opaque(tag) == ours)
    }
}

/// Whether gzip is among what is taken (RFC 9110, section 12.5.3), and not by a weight of nothing.
fn takes_gzip(asked: &HeaderMap) -> bool {
    items(asked, &header::ACCEPT_ENCODING).any(|coding| {
        let mut parts = coding.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
        let named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(b"gzip"));
        named && !parts.any(|weight| matches!(weight, b"q=0" | b"q=0.0" | b"q=0.00" | b"q=0.000"))
    })
}

/// The parts of a header that is a list.
fn items<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> impl Iterator<Item = &'a [u8]> {
    headers
        .get_all(name)
        .into_iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;
    use http_body_util::BodyExt as _;

    use super::*;

    const TEXT: &[u8] = b"{\"openapi\": \"3.1.0\"}";

    fn asked(name: header::HeaderName, value: &str) -> Response<Body> {
        let fixed = Fixed::new(Bytes::from_static(TEXT), "application/json").unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        fixed.answer(&Method::GET, &headers)
    }

    async fn bytes(response: Response<Body>) -> Bytes {
        response.into_body().collect().await.unwrap().to_bytes()
    }

    #[tokio::test]
    async fn it_is_compressed_for_who_takes_that() {
        for takes in ["gzip", "br, GZIP;q=0.5", "deflate,gzip"] {
            let response = asked(header::ACCEPT_ENCODING, takes);
            assert_eq!(response.headers()[header::CONTENT_ENCODING], "gzip", "{takes}");
            let mut text = Vec::new();
            let packed = bytes(response).await;
            GzDecoder::new(&packed[..]).read_to_end(&mut text).unwrap();
            assert_eq!(text, TEXT);
        }
        for takes in ["", "br", "gzip;q=0", "identity", "xgzip"] {
            let response = asked(header::ACCEPT_ENCODING, takes);
            assert_eq!(response.headers().get(header::CONTENT_ENCODING), None, "{takes}");
            assert_eq!(bytes(response).await, TEXT);
        }
    }

    #[tokio::test]
    async fn who_has_it_gets_no_bytes() {
        let first = asked(header::ACCEPT, "*/*");
        let etag = first.headers()[header::ETAG].to_str().unwrap().to_owned();
        let strong = etag.trim_start_matches("W/");
        for known in [&etag, strong, "*", &format!("\"other\", {etag}")] {
            let response = asked(header::IF_NONE_MATCH, known);
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{known}");
            assert_eq!(response.headers()[header::ETAG], etag.as_str());
            assert!(bytes(response).await.is_empty());
        }
        let response = asked(header::IF_NONE_MATCH, "\"other\"");
        assert_eq!(response.status(), StatusCode::OK);
    }
}
