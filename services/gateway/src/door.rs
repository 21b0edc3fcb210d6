//! One port for everybody: gRPC goes to the edge, everything else to the pages.

use std::time::Duration;

use axum::Router;
use http::{Method, Request, Response, StatusCode, header};
use tokio::time::timeout;
use tonic::body::Body;
use tonic::service::Routes;
use tower::{Service as _, ServiceExt as _};

use crate::edge::Edge;
use crate::reflection;

/// The longest a page may take, its form included.
const PAGE: Duration = Duration::from_secs(15);

/// Everything that answers on the port. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Door {
    edge: Edge,
    own: Routes,
    pages: Router,
}

/// What a request is, by its `content-type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Grpc,
    /// gRPC in a form that is not spoken here: another codec, gRPC-Web.
    OtherGrpc,
    Page,
}

impl Door {
    pub(crate) fn new(edge: Edge, own: Routes, pages: Router) -> Self {
        Self { edge, own, pages }
    }

    /// Answers a request, whatever it is.
    pub(crate) async fn answer(mut self, request: Request<Body>) -> Response<Body> {
        let answered = match dialect(&request) {
            Dialect::OtherGrpc => return plain(StatusCode::UNSUPPORTED_MEDIA_TYPE),
            Dialect::Grpc if *request.method() != Method::POST => {
                return plain(StatusCode::METHOD_NOT_ALLOWED);
            }
            Dialect::Grpc if reflection::is_own(request.uri().path()) => {
                return self.edge.answer_own(self.own, request).await;
            }
            Dialect::Grpc => self.edge.call(request).await,
            Dialect::Page => return self.page(request).await,
        };
        answered.unwrap_or_else(|impossible| match impossible {})
    }

    async fn page(self, request: Request<Body>) -> Response<Body> {
        match timeout(PAGE, self.pages.oneshot(request.map(axum::body::Body::new))).await {
            Ok(Ok(response)) => response.map(Body::new),
            Ok(Err(impossible)) => match impossible {},
            Err(_) => plain(StatusCode::SERVICE_UNAVAILABLE),
        }
    }
}

fn dialect<B>(request: &Request<B>) -> Dialect {
    let Some(kind) = request.headers().get(header::CONTENT_TYPE) else {
        return Dialect::Page;
    };
    let kind = kind.as_bytes().to_ascii_lowercase();
    match kind.strip_prefix(b"application/grpc") {
        Some(b"" | b"+proto") => Dialect::Grpc,
        Some(rest) if rest.starts_with(b";") || rest.starts_with(b"+proto;") => Dialect::Grpc,
        Some(_) => Dialect::OtherGrpc,
        None => Dialect::Page,
    }
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
        assert_eq!(of("application/grpc-web+proto"), Dialect::OtherGrpc);
        assert_eq!(of("application/grpc+json"), Dialect::OtherGrpc);
        assert_eq!(of("application/x-www-form-urlencoded"), Dialect::Page);
        assert_eq!(dialect(&Request::new(())), Dialect::Page);
    }
}
