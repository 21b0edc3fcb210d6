//! One span a page, named by its route: an address holds tokens, a route does not.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument, field};

/// Runs the handler in a span of its own. What a browser sends as `traceparent` is not trusted to join a trace.
pub(crate) async fn span(request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map(|path| path.as_str().to_owned());
    let method = request.method();
    let name = route
        .as_ref()
        .map_or_else(|| method.to_string(), |route| format!("{method} {route}"));
    let span = tracing::info_span!(
        "page",
        otel.name = name,
        otel.kind = "server",
        http.request.method = %method,
        http.route = route.as_deref(),
        http.response.status_code = field::Empty,
    );
    let response = next.run(request).instrument(span.clone()).await;
    // Signed, because what is not becomes text on its way to a collector.
    let status = i64::from(response.status().as_u16());
    span.record("http.response.status_code", status);
    response
}
