//! HTTP/2 for services: every limit set, because tonic leaves several of them open.

use std::convert::Infallible;
use std::time::Duration;

use http::{Request, Response};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic_health::server::HealthService;
use tonic_reflection::server::Builder as Reflection;

use crate::Health;

/// More than the edge takes of one client: the gateway and the other services call for many over one connection.
const STREAMS: u32 = 256;
/// tonic passes `None` for this one, which takes hyper's own limit away.
const LOCAL_RESETS: usize = 128;
const HEADER_LIST: u32 = 16 * 1024;
const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVE_ANSWER: Duration = Duration::from_secs(10);
/// A connection ends (GOAWAY, calls finish) after this long, give or take a tenth, so that clients find new replicas.
/// Without a grace period: with one, tonic sends no GOAWAY.
const AGE: Duration = Duration::from_secs(5 * 60);

/// Serves until `stop`, then lets connections end.
pub(crate) async fn serve<S>(listener: TcpListener, front: S, stop: CancellationToken) -> anyhow::Result<()>
where
    S: tower::Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let age = AGE.mul_f64(0.9 + 0.2 * rand::random::<f64>());
    Server::builder()
        .max_concurrent_streams(STREAMS)
        .http2_max_local_error_reset_streams(Some(LOCAL_RESETS))
        .http2_max_header_list_size(HEADER_LIST)
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE_ANSWER))
        .max_connection_age(age)
        .serve_with_incoming_shutdown(front, incoming, stop.cancelled_owned())
        .await?;
    Ok(())
}

/// Adds `grpc.health.v1` and reflection (v1 and v1alpha) of the services that are answered here, and of no others.
pub(crate) fn with_health_and_reflection(
    routes: Routes,
    names: &[&'static str],
    health: &Health,
) -> anyhow::Result<Routes> {
    let health = HealthService::from_health_reporter(health.reporter());
    Ok(routes
        .add_service(tonic_health::pb::health_server::HealthServer::new(health))
        .add_service(reflection(names).build_v1()?)
        .add_service(reflection(names).build_v1alpha()?))
}

fn reflection(names: &[&'static str]) -> Reflection<'static> {
    let own = ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"];
    let described = Reflection::configure()
        .register_encoded_file_descriptor_set(muster_proto::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET);
    names
        .iter()
        .copied()
        .chain(own)
        .fold(described, Reflection::with_service_name)
}
