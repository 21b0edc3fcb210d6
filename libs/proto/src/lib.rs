//! The contract in Rust: messages, clients and servers generated from `proto/`, the descriptors with their custom
//! options, and the enforcement of the field rules that stand in them.
//!
//! ```
//! use muster_proto::organization::v1::GetOrganizationRequest;
//!
//! let request = GetOrganizationRequest { name: String::new() };
//! let violations = muster_proto::validate(&request);
//! assert_eq!(violations[0].field, "name");
//! ```

#[allow(
    clippy::all,
    clippy::pedantic,
    dead_code,
    missing_docs,
    unreachable_pub,
    rustdoc::all,
    reason = "generated code"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/packages.rs"));
}
pub use generated::muster::*;

mod validate;

use std::sync::LazyLock;

use prost_reflect::DescriptorPool;
pub use validate::{FieldViolation, UnknownRule, unknown_rules, validate};

/// The encoded `FileDescriptorSet` of the whole contract, imports and custom options included.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    // The bytes were encoded by this crate's build script: if they do not decode, the build is broken, and every
    // lookup finds nothing, which callers refuse.
    DescriptorPool::decode(DESCRIPTORS).unwrap_or_default()
});

/// The descriptors, decoded once for the process.
pub fn pool() -> &'static DescriptorPool {
    &POOL
}
