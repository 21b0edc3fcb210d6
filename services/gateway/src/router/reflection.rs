//! What the edge says about itself: health, and reflection of everything that can be called from outside. Internal
//! services do not exist here, so they are not described either.

use muster_proto::DESCRIPTORS;
use muster_server::Health;
use prost::Message as _;
use prost_reflect::{DynamicMessage, Value};
use tonic::service::Routes;
use tonic_health::server::HealthService;
use tonic_reflection::server::Builder;

/// The contract cannot be described.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReflectionProblem {
    /// The descriptors cannot be read.
    #[error("the descriptors cannot be read")]
    Descriptors(#[from] prost::DecodeError),
    /// The descriptors do not describe themselves.
    #[error("the descriptors do not hold google/protobuf/descriptor.proto")]
    Undescribed,
    /// The descriptors do not hold together.
    #[error("the descriptors cannot be served")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// `grpc.health.v1` and `grpc.reflection` (v1 and v1alpha): the only RPCs without rules.
///
/// # Errors
/// Descriptors that cannot be described; never, if the tests passed.
pub(crate) fn routes(health: &Health) -> Result<Routes, ReflectionProblem> {
    let health = HealthService::from_health_reporter(health.reporter());
    let exposed = exposed(DESCRIPTORS)?;
    let described = || {
        Builder::configure()
            .register_encoded_file_descriptor_set(&exposed)
            // Clients that learn everything from here could not read why they are refused.
            .register_encoded_file_descriptor_set(muster_refusal::DETAILS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    Ok(
        Routes::new(tonic_health::pb::health_server::HealthServer::new(health))
            .add_service(described().build_v1()?)
            .add_service(described().build_v1alpha()?),
    )
}

/// Whether a path is answered by [`routes`].
pub(crate) fn is_infrastructure(path: &str) -> bool {
    path.starts_with("/grpc.health.v1.") || path.starts_with("/grpc.reflection.v1")
}

/// The descriptors without files that declare internal services. Read by reflection, because only that keeps the custom
/// options, which tell clients the rules.
fn exposed(descriptors: &[u8]) -> Result<Vec<u8>, ReflectionProblem> {
    let kind = muster_proto::pool().get_message_by_name("google.protobuf.FileDescriptorSet");
    let kind = kind.ok_or(ReflectionProblem::Undescribed)?;
    let mut set = DynamicMessage::decode(kind, descriptors)?;
    if let Some(files) = set.get_field_by_name_mut("file").and_then(Value::as_list_mut) {
        files.retain(|file| !file.as_message().is_some_and(is_internal));
    }
    Ok(set.encode_to_vec())
}

fn is_internal(file: &DynamicMessage) -> bool {
    let services = file.get_field_by_name("service");
    let services = services.as_deref().and_then(Value::as_list).unwrap_or_default();
    services.iter().filter_map(Value::as_message).any(|service| {
        let name = service.get_field_by_name("name");
        name.as_deref()
            .and_then(Value::as_str)
            .is_some_and(|name| name.ends_with("InternalService"))
    })
}

#[cfg(test)]
mod tests {
    use muster_access::Rules;
    use prost_reflect::DescriptorPool;

    use super::*;

    #[test]
    fn exactly_what_is_exposed_is_described() {
        let all = Rules::load(muster_proto::pool()).unwrap_or_default();
        // What remains still holds together, with its options.
        let described = DescriptorPool::decode(exposed(DESCRIPTORS).unwrap().as_slice()).unwrap();
        let described = Rules::load(&described).unwrap_or_default();
        let paths = |rules: &Rules| {
            rules
                .iter()
                .filter(|rule| !rule.is_internal())
                .map(|rule| rule.path.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(paths(&described), paths(&all));
        assert!(!paths(&all).is_empty());
        assert!(described.iter().all(|rule| !rule.is_internal()));
    }
}
