//! What a request is: by its `content-type`, or else by its path.

use http::{Request, header};

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
    /// gRPC in a form that is not spoken here: another codec.
    OtherGrpc,
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
    let kind = request.headers().get(header::CONTENT_TYPE);
    let grpc = kind.and_then(|kind| grpc(kind.as_bytes()));
    grpc.unwrap_or_else(|| match path {
        DOCUMENT => Dialect::Document,
        REFERENCE => Dialect::Reference,
        path if path.starts_with(JSON) => Dialect::Json,
        _ => Dialect::Page,
    })
}

/// Which kind of gRPC this media type is, if it is one.
fn grpc(kind: &[u8]) -> Option<Dialect> {
    let (grpc, rest) = kind.split_at_checked(GRPC.len())?;
    if !grpc.eq_ignore_ascii_case(GRPC) {
        return None;
    }
    Some(match rest.to_ascii_lowercase().as_slice() {
        b"" | b"+proto" => Dialect::Grpc,
        rest if rest.starts_with(b";") || rest.starts_with(b"+proto;") => Dialect::Grpc,
        b"-web" | b"-web+proto" | b"-web-text" | b"-web-text+proto" => Dialect::GrpcWeb,
        _ => Dialect::OtherGrpc,
    })
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

    fn of(content_type: &str) -> Dialect {
        dialect(
            &Request::builder()
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
        assert_eq!(of("application/grpc-web-text"), Dialect::GrpcWeb);
        assert_eq!(of("application/grpc-web+json"), Dialect::OtherGrpc);
        assert_eq!(of("application/grpc+json"), Dialect::OtherGrpc);
        assert_eq!(of("application/x-www-form-urlencoded"), Dialect::Page);
        assert_eq!(dialect(&Request::new(())), Dialect::Page);
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
    fn browsers_ask_for_scripts_only_where_scripts_may_call() {
        let asked = |path: &str| {
            let request = Request::options(path)
                .header(header::ORIGIN, "https://app.example.org")
                .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST");
            dialect(&request.body(()).unwrap())
        };
        assert_eq!(asked("/v1/organizations"), Dialect::Preflight);
        assert_eq!(
            asked("/muster.records.v1.RecordService/GetRecord"),
            Dialect::Preflight
        );
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
