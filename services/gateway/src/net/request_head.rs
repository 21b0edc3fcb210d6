//! Requests that a proxy in front could read otherwise than this process: refused before anybody answers.
//!
//! Smuggling needs two readers of one message that disagree about where it ends or for whom it is.

use http::{HeaderValue, Request, StatusCode, Version, header};

/// How large address and headers of a request are together at most, as HTTP/2 counts them.
pub(super) const MAX_HEADER_LIST: u32 = 16 * 1024;

/// Why a request is refused by its head alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadHead {
    /// HTTP/1.1 wants exactly one `Host` (RFC 9112, section 3.2); no HTTP knows what two would mean.
    Host,
    /// Only `chunked` is taken, alone (RFC 9112, section 6.1).
    TransferCoding,
    /// More than is taken over HTTP/2 as well.
    TooLarge,
}

impl BadHead {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::Host => StatusCode::BAD_REQUEST,
            Self::TransferCoding => StatusCode::NOT_IMPLEMENTED,
            Self::TooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        }
    }

    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Host => "a request names exactly one host\n",
            Self::TransferCoding => "the only transfer coding that is taken is `chunked`, alone\n",
            Self::TooLarge => "the address and the headers of a request are 16 KiB at most\n",
        }
    }
}

/// Checks what the HTTP library lets pass.
pub(super) fn check<B>(request: &Request<B>) -> Result<(), BadHead> {
    let headers = request.headers();
    if request.version() < Version::HTTP_2 && size(request) > MAX_HEADER_LIST as usize {
        return Err(BadHead::TooLarge);
    }
    let hosts = headers.get_all(header::HOST).iter().count();
    if hosts > 1 || hosts == 0 && request.version() == Version::HTTP_11 {
        return Err(BadHead::Host);
    }
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => Ok(()),
        (Some(only), None) if is_chunked(only) => Ok(()),
        _ => Err(BadHead::TransferCoding),
    }
}

/// As HTTP/2 counts (RFC 9113, section 6.5.2): 32 bytes for each field, besides its name and value.
fn size<B>(request: &Request<B>) -> usize {
    let fields = request.headers().iter();
    let fields = fields.map(|(name, value)| name.as_str().len() + value.len() + 32);
    let address = request
        .uri()
        .path_and_query()
        .map_or(0, |path| path.as_str().len() + 32);
    fields.sum::<usize>() + address
}

fn is_chunked(coding: &HeaderValue) -> bool {
    coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(version: Version, headers: &[(&'static str, &'static str)]) -> Result<(), BadHead> {
        let mut request = Request::new(());
        *request.version_mut() = version;
        for (name, value) in headers {
            request
                .headers_mut()
                .append(*name, HeaderValue::from_static(value));
        }
        check(&request)
    }

    #[test]
    fn exactly_one_host_is_named() {
        let (one, two) = ([("host", "a")], [("host", "a"), ("host", "a")]);
        assert_eq!(checked(Version::HTTP_11, &one), Ok(()));
        assert_eq!(checked(Version::HTTP_11, &[]), Err(BadHead::Host));
        assert_eq!(checked(Version::HTTP_10, &[]), Ok(()));
        assert_eq!(checked(Version::HTTP_2, &[]), Ok(()));
        for version in [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2] {
            assert_eq!(checked(version, &two), Err(BadHead::Host), "{version:?}");
        }
    }

    #[test]
    fn a_head_is_as_large_as_over_http_2_at_most() {
        let of = |length| {
            let value = HeaderValue::try_from("a".repeat(length)).unwrap();
            let request = Request::get("/").header(header::HOST, "a").header("x", value);
            check(&request.body(()).unwrap())
        };
        let rest = "/".len() + 32 + "host".len() + "a".len() + 32 + "x".len() + 32;
        assert_eq!(of(MAX_HEADER_LIST as usize - rest), Ok(()));
        assert_eq!(of(MAX_HEADER_LIST as usize - rest + 1), Err(BadHead::TooLarge));
    }

    #[test]
    fn the_length_of_a_body_is_told_in_one_way_only() {
        let coded = |coding| checked(Version::HTTP_11, &[("host", "a"), ("transfer-encoding", coding)]);
        for chunked in ["chunked", "Chunked", " chunked "] {
            assert_eq!(coded(chunked), Ok(()), "{chunked:?}");
        }
        for other in [
            "gzip, chunked",
            "gzip",
            "identity",
            "chunked, chunked",
            "chunked;q=1",
            "xchunked",
            "",
            "chunked, identity",
        ] {
            assert_eq!(coded(other), Err(BadHead::TransferCoding), "{other:?}");
        }
        let twice = [
            ("host", "a"),
            ("transfer-encoding", "gzip"),
            ("transfer-encoding", "chunked"),
        ];
        assert_eq!(checked(Version::HTTP_11, &twice), Err(BadHead::TransferCoding));
    }
}
