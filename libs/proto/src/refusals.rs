//! With which reasons an RPC refuses, read from the option that stands beside it.

use prost_reflect::{MethodDescriptor, Value};

use crate::error::v1::ErrorReason;

const OPTION: &str = "muster.error.v1.refuses";

/// The reasons of the RPC's own, in the order of the contract. Those that may be the answer to any call are not among them.
pub fn refuses(method: &MethodDescriptor) -> Vec<ErrorReason> {
    let Some(option) = method.parent_pool().get_extension_by_name(OPTION) else {
        return Vec::new();
    };
    let options = method.options();
    let declared = options.get_extension(&option);
    let reasons = declared
        .as_message()
        .and_then(|declared| declared.get_field_by_name("reasons"));
    let numbers = reasons.as_deref().and_then(Value::as_list).unwrap_or_default();
    let numbers = numbers.iter().filter_map(Value::as_enum_number);
    numbers
        .filter_map(|number| ErrorReason::try_from(number).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_reason_is_declared_once_and_exists() {
        let mut seen = 0;
        for method in crate::pool()
            .services()
            .flat_map(|service| service.methods().collect::<Vec<_>>())
        {
            let reasons = refuses(&method);
            let different: HashSet<_> = reasons.iter().map(|reason| *reason as i32).collect();
            assert_eq!(different.len(), reasons.len(), "{}", method.full_name());
            assert!(!different.contains(&0), "{}", method.full_name());
            seen += reasons.len();
        }
        assert!(seen > 100, "{seen} reasons were read");
    }
}
