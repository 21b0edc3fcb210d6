//! One port for everybody: gRPC goes to the edge, gRPC-Web and JSON go there in translation, and the rest to the pages.

mod cors;
mod description;
mod dialect;
mod head;
mod health;
mod infrastructure;
mod permit_body;
mod reflection;
mod unspoken;

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use http::{Method, Request, Response, StatusCode, header};
use http_body::Body as _;
use muster_json::Json;
use muster_refusal::{ErrorReason, Refusal};
use tokio::time::timeout;
use tonic::body::Body;
use tonic::service::Routes as GrpcRoutes;
use tonic_web::GrpcWebLayer;
use tower::{Layer as _, Service as _, ServiceExt as _};

pub(crate) use self::cors::Cors;
pub use self::cors::{ExtraHeaders, InvalidHeaders, InvalidOrigins, Origins};
pub(crate) use self::description::Description;
use self::dialect::{Dialect, dialect};
pub(crate) use self::infrastructure::routes as infrastructure;
use self::permit_body::PermitBody;
use crate::edge::Edge;
use crate::limits::{ClientAddress, RequestGuard, network};
use muster_server::KeyedLimit;

/// JSON requests of one network at the same time, from the first byte of the body to the last one of the answer.
const MAX_JSON_OF_NETWORK: usize = 64;
/// The longest a page may take, its form included.
const PAGE_TIMEOUT: Duration = Duration::from_secs(15);

/// Everything that answers on the port. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Router(Arc<Routes>);

/// Who answers.
pub(crate) struct Handlers {
    pub(crate) edge: Edge,
    /// Health and reflection.
    pub(crate) infrastructure: GrpcRoutes,
    pub(crate) json: Json<Edge>,
    /// What `json` answers, described.
    pub(crate) description: Description,
    pub(crate) pages: axum::Router,
    pub(crate) cors: Cors,
}

#[derive(Clone)]
struct Routes {
    edge: Edge,
    infrastructure: GrpcRoutes,
    json: Json<Edge>,
    json_by_network: Arc<KeyedLimit<IpAddr>>,
    description: Description,
    pages: axum::Router,
    cors: Cors,
}

impl Router {
    pub(crate) fn new(handlers: Handlers) -> Self {
        Self(Arc::new(Routes {
            edge: handlers.edge,
            infrastructure: handlers.infrastructure,
            json: handlers.json,
            json_by_network: Arc::new(KeyedLimit::new(MAX_JSON_OF_NETWORK)),
            description: handlers.description,
            pages: handlers.pages,
            cors: handlers.cors,
        }))
    }

    /// Answers a request, whatever it is. Most are plain gRPC, which goes straight to the edge: the future for all other
    /// kinds is large, and would be moved before it is first polled.
    pub(crate) fn answer(&self, request: Request<Body>) -> BoxFuture<'static, Response<Body>> {
        let dialect = dialect(&request);
        let plain =
            *request.method() == Method::POST && !infrastructure::is_infrastructure(request.uri().path());
        if dialect == Dialect::Grpc && plain {
            self.0.edge.answer(request)
        } else {
            Box::pin(Routes::clone(&self.0).answer(dialect, request))
        }
    }
}

impl Routes {
    async fn answer(self, dialect: Dialect, request: Request<Body>) -> Response<Body> {
        let for_scripts = matches!(dialect, Dialect::GrpcWeb | Dialect::Json)
            .then(|| (self.cors.clone(), request.headers().get(header::ORIGIN).cloned()));
        let mut response = self.answer_in(dialect, request).await;
        if let Some((cors, origin)) = for_scripts {
            cors.answer(origin.as_ref(), &mut response);
        }
        response
    }

    async fn answer_in(self, dialect: Dialect, mut request: Request<Body>) -> Response<Body> {
        match dialect {
            Dialect::Grpc | Dialect::GrpcWeb if *request.method() != Method::POST => unspoken::method(),
            Dialect::Grpc => self.in_grpc(request).await,
            Dialect::GrpcWeb => self.in_grpc_web(request).await,
            Dialect::OldHttpGrpc => unspoken::old_http(),
            Dialect::OtherGrpc | Dialect::UntypedRpc => unspoken::media_type(),
            Dialect::Connect => unspoken::connect(),
            Dialect::Preflight => self.cors.preflight(request.headers()),
            Dialect::Json | Dialect::Document | Dialect::Reference | Dialect::Page => {
                let head = head::take(&mut request);
                let response = self.over_http(dialect, request).await;
                if head { head::only(response) } else { response }
            }
        }
    }

    async fn over_http(self, dialect: Dialect, request: Request<Body>) -> Response<Body> {
        match dialect {
            Dialect::Json => self.in_json(request).await,
            Dialect::Document | Dialect::Reference => {
                let guard = request.extensions().get::<RequestGuard>().cloned();
                let (method, headers) = (request.method(), request.headers());
                let described = match dialect {
                    Dialect::Document => self.description.document(method, headers),
                    _ => self.description.reference(method, headers),
                };
                buffered(guard, described)
            }
            _ => self.page(request).await,
        }
    }

    async fn in_grpc(mut self, request: Request<Body>) -> Response<Body> {
        if infrastructure::is_infrastructure(request.uri().path()) {
            return self
                .edge
                .answer_infrastructure(self.infrastructure, request)
                .await;
        }
        let answered = self.edge.call(request).await;
        answered.unwrap_or_else(|impossible| match impossible {})
    }

    async fn in_grpc_web(self, mut request: Request<Body>) -> Response<Body> {
        // The translation knows the media types without parameters only.
        if let Some(kind) = request.headers_mut().get_mut(header::CONTENT_TYPE) {
            *kind = dialect::without_parameters(kind);
        }
        let grpc = tower::service_fn(move |request| {
            let routes = self.clone();
            async move { Ok::<_, Infallible>(routes.in_grpc(request).await) }
        });
        let answered = GrpcWebLayer::new().layer(grpc).call(request).await;
        answered.unwrap_or_else(|impossible| match impossible {})
    }

    /// The permit is held until the answer is written: what waits for a client that does not read stays in memory.
    async fn in_json(self, request: Request<Body>) -> Response<Body> {
        let ClientAddress(address) = ClientAddress::of(request.extensions());
        let Some(permit) = self.json_by_network.take(network(address)) else {
            return muster_json::refused(Refusal::new(
                ErrorReason::Overloaded,
                "too many requests from this network at the same time; try again with back-off",
            ));
        };
        let response = self.json.answer(request).await;
        response.map(|body| PermitBody::body(body, permit))
    }

    async fn page(self, request: Request<Body>) -> Response<Body> {
        let guard = request.extensions().get::<RequestGuard>().cloned();
        let answered = timeout(
            PAGE_TIMEOUT,
            self.pages.oneshot(request.map(axum::body::Body::new)),
        )
        .await;
        match answered {
            Ok(Ok(response)) => buffered(guard, response.map(Body::new)),
            Ok(Err(impossible)) => match impossible {},
            Err(_) => plain(StatusCode::SERVICE_UNAVAILABLE),
        }
    }
}

/// A page stays in memory until it is read; too many for one network are not kept.
fn buffered(guard: Option<RequestGuard>, response: Response<Body>) -> Response<Body> {
    let Some(guard) = guard else {
        return response;
    };
    let bytes = response.body().size_hint().lower();
    match guard.buffer(usize::try_from(bytes).unwrap_or(usize::MAX)) {
        Some(permit) => response.map(|body| PermitBody::body(body, permit)),
        None => plain(StatusCode::TOO_MANY_REQUESTS),
    }
}

fn plain(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
