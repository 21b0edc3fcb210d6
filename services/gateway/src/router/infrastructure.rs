//! What the edge says about itself: health, and reflection of everything that can be called from outside. The only RPCs
//! without rules.

use std::sync::Arc;

use muster_server::Health;
use tonic::service::Routes;
use tonic_health::pb::health_server::HealthServer;
use tonic_reflection::pb::{v1, v1alpha};

use super::health::HealthOf;
use super::reflection::{Descriptors, Reflection};

/// `grpc.health.v1` and `grpc.reflection` (v1 and v1alpha).
///
/// # Errors
/// Descriptors that cannot be read; never, if the tests passed.
pub(crate) fn routes(health: &Health) -> Result<Routes, prost::DecodeError> {
    let reflection = Reflection::of(Arc::new(Descriptors::exposed()?));
    let v1 = v1::server_reflection_server::ServerReflectionServer::new(reflection.clone());
    let v1alpha = v1alpha::server_reflection_server::ServerReflectionServer::new(reflection);
    Ok(Routes::new(HealthServer::new(HealthOf::new(health)))
        .add_service(v1)
        .add_service(v1alpha))
}

/// Whether a path is answered by [`routes`].
pub(super) fn is_infrastructure(path: &str) -> bool {
    path.starts_with("/grpc.health.v1.") || path.starts_with("/grpc.reflection.v1")
}
