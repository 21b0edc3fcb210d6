//! What a request is: by its `content-type`, or else by its path.

use http::{HeaderMap, HeaderValue, Method, Request, Version, header};

use super::cors;

/// What the media types of gRPC begin with.
const GRPC: &[u8] = b"application/grpc";
/// Where the RPCs are in JSON, and nothing else.
const JSON: &str = "/v1/";
/// Where they are described, for tools and for people.
const DOCUMENT: &str = "/openapi.json";
const REFERENCE: &str = "/docs";

/// What a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Grpc,
    GrpcWeb,
    /// gRPC over HTTP/1, where no status can reach the client.
    OldHttpGrpc,
    /// gRPC in a form that is not spoken here: another codec.
    OtherGrpc,
    /// The Connect protocol (<https://connectrpc.com/docs/protocol>), which is not spoken here.
    Connect,
    /// To the path of an RPC, in no dialect that is known.
    UntypedRpc,
    Json,
    /// A browser that asks for a page of another origin whether it may speak one of these.
    Preflight,
    Document,
    Reference,
    Page,
}

pub(super) fn dialect<B>(request: &Request<B>) -> Dialect {
    let path = request.uri().path();
    if cors::is_preflight(request) && (path.starts_with(JSON) || is_rpc(path)) {
        return Dialect::Preflight;
    }
    match content_type(request.headers()).and_then(grpc) {
        Some(Dialect::Grpc) if request.version() < Version::HTTP_2 => Dialect::OldHttpGrpc,
        Some(grpc) => grpc,
        None => other(request, path),
    }
}

/// What a request is that names no gRPC.
fn other<B>(request: &Request<B>, path: &str) -> Dialect {
    match path {
        DOCUMENT => Dialect::Document,
        REFERENCE => Dialect::Reference,
        path if path.starts_with(JSON) => Dialect::Json,
        path if is_rpc(path) && is_connect(request) => Dialect::Connect,
        path if is_rpc(path) => Dialect::UntypedRpc,
        _ => Dialect::Page,
    }
}

/// This media type in lower case, without its parameters.
pub(super) fn without_parameters(kind: &HeaderValue) -> HeaderValue {
    let kind = bare(kind).to_ascii_lowercase();
    // A part of a valid value is one.
    HeaderValue::from_bytes(&kind).unwrap_or_else(|_| HeaderValue::from_static(""))
}

fn bare(kind: &HeaderValue) -> &[u8] {
    let kind = kind.as_bytes().split(|byte| *byte == b';').next();
    kind.unwrap_or_default().trim_ascii()
}

/// The media type without its parameters.
fn content_type(headers: &HeaderMap) -> Option<&[u8]> {
    headers.get(header::CONTENT_TYPE).map(bare)
}

/// Which kind of gRPC this media type is, if it is one.
fn grpc(kind: &[u8]) -> Option<Dialect> {
    let (grpc, rest) = kind.split_at_checked(GRPC.len())?;
    if !grpc.eq_ignore_ascii_case(GRPC) {
        return None;
    }
    Some(match rest.to_ascii_lowercase().as_slice() {
        b"" | b"+proto" => Dialect::Grpc,
        b"-web" | b"-web+proto" | b"-web-text" | b"-web-text+proto" => Dialect::GrpcWeb,
        _ => Dialect::OtherGrpc,
    })
}

/// Whether a Connect client asks: by its media types, its version header, or the parameters of its GET.
fn is_connect<B>(request: &Request<B>) -> bool {
    let headers = request.headers();
    let kind = content_type(headers).unwrap_or_default().to_ascii_lowercase();
    headers.contains_key("connect-protocol-version")
        || matches!(kind.as_slice(), b"application/proto" | b"application/json")
        || kind.starts_with(b"application/connect+")
        || *request.method() == Method::GET
            && request.uri().query().unwrap_or_default().contains("connect=v1")
}

/// Whether this is the path of an RPC, known or not: `/package.Service/Method`.
fn is_rpc(path: &str) -> bool {
    let named = path.strip_prefix('/').and_then(|path| path.split_once('/'));
    named
        .is_some_and(|(service, method)| service.contains('.') && !method.is_empty() && !method.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RPC: &str = "/muster.records.v1.RecordService/GetRecord";

    fn of(content_type: &str) -> Dialect {
        let request = Request::post("/").version(Version::HTTP_2);
        dialect(
            &request
                .header(header::CONTENT_TYPE, content_type)
                .body(())
                .unwrap(),
        )
    }

    #[test]
    fn the_content_type_tells_who_answers() {
        assert_eq!(of("application/grpc"), Dialect::Grpc);
        assert_eq!(of("application/grpc+proto"), Dialect::Grpc);
        assert_eq!(of("Application/GRPC"), Dialect::Grpc);
        assert_eq!(of("application/grpc; charset=utf-8"), Dialect::Grpc);
        assert_eq!(of("application/grpc-web+proto"), Dialect::GrpcWeb);
        assert_eq!(of("application/grpc-web+proto; charset=utf-8"), Dialect::GrpcWeb);
        assert_eq!(of("application/grpc-web-text"), Dialect::GrpcWeb);
        assert_eq!(of("application/grpc-web-text;a=b"), Dialect::GrpcWeb);
        assert_eq!(of("application/grpc-web+json"), Dialect::OtherGrpc);
        assert_eq!(of("application/grpc+json"), Dialect::OtherGrpc);
        assert_eq!(of("application/x-www-form-urlencoded"), Dialect::Page);
        assert_eq!(dialect(&Request::new(())), Dialect::Page);
    }

    #[test]
    fn grpc_is_not_spoken_over_http_1() {
        let over = |version, kind| {
            let request = Request::post(RPC).version(version);
            dialect(&request.header(header::CONTENT_TYPE, kind).body(()).unwrap())
        };
        assert_eq!(over(Version::HTTP_11, "application/grpc"), Dialect::OldHttpGrpc);
        assert_eq!(
            over(Version::HTTP_10, "application/grpc+proto"),
            Dialect::OldHttpGrpc
        );
        assert_eq!(over(Version::HTTP_2, "application/grpc"), Dialect::Grpc);
        assert_eq!(over(Version::HTTP_11, "application/grpc-web"), Dialect::GrpcWeb);
    }

    #[test]
    fn without_grpc_the_path_tells() {
        let at = |path: &str| dialect(&Request::get(path).body(()).unwrap());
        assert_eq!(at("/v1/organizations"), Dialect::Json);
        assert_eq!(at("/openapi.json"), Dialect::Document);
        assert_eq!(at("/docs"), Dialect::Reference);
        assert_eq!(at("/v1"), Dialect::Page);
        assert_eq!(at("/invitation"), Dialect::Page);
    }

    #[test]
    fn at_the_path_of_an_rpc_nobody_is_shown_a_page() {
        let asked = |method: Method, path: &str, kind: Option<&str>| {
            let mut request = Request::builder().method(method).uri(path);
            if let Some(kind) = kind {
                request = request.header(header::CONTENT_TYPE, kind);
            }
            dialect(&request.body(()).unwrap())
        };
        for kind in [
            "application/proto",
            "application/json; charset=utf-8",
            "application/connect+json",
        ] {
            assert_eq!(asked(Method::POST, RPC, Some(kind)), Dialect::Connect, "{kind}");
        }
        let get = format!("{RPC}?connect=v1&encoding=json&message=%7B%7D");
        assert_eq!(asked(Method::GET, &get, None), Dialect::Connect);
        assert_eq!(asked(Method::POST, RPC, None), Dialect::UntypedRpc);
        assert_eq!(asked(Method::POST, RPC, Some("text/plain")), Dialect::UntypedRpc);
        assert_eq!(asked(Method::GET, RPC, None), Dialect::UntypedRpc);
    }

    #[test]
    fn browsers_ask_for_scripts_only_where_scripts_may_call() {
        let asked = |path: &str| {
            let request = Request::options(path)
                .header(header::ORIGIN, "https://app.example.org")
                .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST");
            dialect(&request.body(()).unwrap())
        };
        assert_eq!(asked("/v1/organizations"), Dialect::Preflight);
        assert_eq!(asked(RPC), Dialect::Preflight);
        for page in [
            "/",
            "/invitation/accept",
            "/i/token.with.dots",
            "/assets/muster.css",
            "/a.b/c/d",
        ] {
            assert_eq!(asked(page), Dialect::Page, "{page}");
        }
        assert_eq!(asked("/openapi.json"), Dialect::Document);
    }
}
