//! One port for everybody: gRPC goes to the edge, gRPC-Web and JSON go there in translation, and the rest to the pages.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Full};
use muster_json::Json;
use muster_refusal::{ErrorReason, Refusal};
use tokio::time::timeout;
use tonic::body::Body;
use tonic::service::Routes;
use tonic_web::GrpcWebLayer;
use tower::{Layer as _, Service as _, ServiceExt as _};

use crate::connection::Running;
use crate::cors::{self, Cors};
use crate::edge::Edge;
use crate::tally::Tally;
use crate::visitor::Visitor;
use crate::{rate, reflection};

/// What the media types of gRPC begin with.
const GRPC: &[u8] = b"application/grpc";
/// Where the RPCs are in JSON, and nothing else.
const JSON: &str = "/v1/";
/// Where they are described, for tools and for people.
const DOCUMENT: &str = "/openapi.json";
const REFERENCE: &str = "/docs";
/// Requests in JSON of one network at the same time, from the first byte of the body to the last one of the answer.
const JSON_OF_ONE: usize = 64;
/// The longest a page may take, its form included.
const PAGE: Duration = Duration::from_secs(15);

/// Everything that answers on the port. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Door(Arc<Rooms>);

/// What is behind it.
#[derive(Clone)]
struct Rooms {
    edge: Edge,
    own: Routes,
    json: Json<Edge>,
    json_of_one: Arc<Tally<IpAddr>>,
    description: Description,
    pages: Router,
    cors: Cors,
}

/// The RPCs in words.
#[derive(Clone)]
pub(crate) struct Description {
    /// The OpenAPI document.
    pub(crate) document: Bytes,
    /// The same as a page.
    pub(crate) reference: Bytes,
}

/// What a request is, by its `content-type`, or else by its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
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

impl Door {
    /// `description` tells what `json` answers.
    pub(crate) fn new(
        edge: Edge,
        own: Routes,
        json: Json<Edge>,
        description: Description,
        pages: Router,
        cors: Cors,
    ) -> Self {
        Self(Arc::new(Rooms {
            edge,
            own,
            json,
            json_of_one: Arc::new(Tally::new(JSON_OF_ONE)),
            description,
            pages,
            cors,
        }))
    }

    /// Answers a request, whatever it is. What most of them are goes a way of its own: the future of all the others is
    /// large, and it is moved around before it is first polled.
    pub(crate) fn answer(&self, request: Request<Body>) -> BoxFuture<'static, Response<Body>> {
        let dialect = dialect(&request);
        let plain = *request.method() == Method::POST && !reflection::is_own(request.uri().path());
        if dialect == Dialect::Grpc && plain {
            self.0.edge.answer(request)
        } else {
            Box::pin(Rooms::clone(&self.0).answer_for(dialect, request))
        }
    }
}

impl Rooms {
    async fn answer_for(self, dialect: Dialect, request: Request<Body>) -> Response<Body> {
        let for_scripts = matches!(dialect, Dialect::GrpcWeb | Dialect::Json)
            .then(|| (self.cors.clone(), request.headers().get(header::ORIGIN).cloned()));
        let mut response = self.answer_in(dialect, request).await;
        if let Some((cors, origin)) = for_scripts {
            cors.answer(origin.as_ref(), &mut response);
        }
        response
    }

    async fn answer_in(mut self, dialect: Dialect, request: Request<Body>) -> Response<Body> {
        let answered = match dialect {
            Dialect::OtherGrpc => return plain(StatusCode::UNSUPPORTED_MEDIA_TYPE),
            Dialect::Grpc | Dialect::GrpcWeb if *request.method() != Method::POST => {
                return plain(StatusCode::METHOD_NOT_ALLOWED);
            }
            Dialect::Grpc if reflection::is_own(request.uri().path()) => {
                return self.edge.answer_own(self.own, request).await;
            }
            Dialect::Grpc => self.edge.call(request).await,
            Dialect::GrpcWeb => GrpcWebLayer::new().layer(self.edge).call(request).await,
            Dialect::Json => return self.in_json(request).await,
            Dialect::Preflight => return self.cors.preflight(request.headers()),
            Dialect::Document => return self.description.document(request.method()),
            Dialect::Reference => return self.description.reference(request.method()),
            Dialect::Page => return self.page(request).await,
        };
        answered.unwrap_or_else(|impossible| match impossible {})
    }

    /// Its place is counted until the answer is written: what waits for a client that does not read stays in memory.
    async fn in_json(self, request: Request<Body>) -> Response<Body> {
        let visitor = request.extensions().get::<Visitor>().copied();
        let address = visitor.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |visitor| visitor.address);
        let Some(share) = self.json_of_one.take(rate::network(address)) else {
            return muster_json::refused(Refusal::new(
                ErrorReason::Overloaded,
                "too many requests from this network at the same time; try again with back-off",
            ));
        };
        let response = self.json.answer(request).await;
        response.map(|body| {
            Body::new(body.map_frame(move |frame| {
                let _until_written = &share;
                frame
            }))
        })
    }

    async fn page(self, request: Request<Body>) -> Response<Body> {
        let running = request.extensions().get::<Running>().cloned();
        match timeout(PAGE, self.pages.oneshot(request.map(axum::body::Body::new))).await {
            Ok(Ok(response)) => unread(running, response.map(Body::new)),
            Ok(Err(impossible)) => match impossible {},
            Err(_) => plain(StatusCode::SERVICE_UNAVAILABLE),
        }
    }
}

fn dialect<B>(request: &Request<B>) -> Dialect {
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

impl Description {
    fn document(self, method: &Method) -> Response<Body> {
        let mut response = fixed(method, self.document, "application/json");
        // It says nothing that the repository does not, and tools in browsers read it.
        let anybody = HeaderValue::from_static("*");
        response
            .headers_mut()
            .insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, anybody);
        response
    }

    fn reference(self, method: &Method) -> Response<Body> {
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

/// An answer that lies in memory until it is read; too many for one network are not kept.
fn unread(running: Option<Running>, response: Response<Body>) -> Response<Body> {
    let Some(running) = running else {
        return response;
    };
    let bytes = response.body().size_hint().lower();
    let Some(waiting) = running.wait(usize::try_from(bytes).unwrap_or(usize::MAX)) else {
        return plain(StatusCode::TOO_MANY_REQUESTS);
    };
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _until_written = &waiting;
            frame
        }))
    })
}

fn plain(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
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
