//! The contract in Rust: messages, clients and servers generated from `proto/`, what it says of requests, responses and
//! refusals, the descriptors with their custom options, and the enforcement of the field rules that stand in them.
//!
//! ```
//! use muster_proto::organization::v1::{GetOrganizationRequest, ListGroupsRequest};
//! use muster_proto::{Paged, RequestMessage};
//!
//! let request = GetOrganizationRequest { name: String::new() };
//! let violations = muster_proto::validate(&request);
//! assert_eq!(violations[0].field, "name");
//!
//! // Generated from the access rule and the fields.
//! assert_eq!(ListGroupsRequest::SCOPE.unwrap().field, "parent");
//! let request = ListGroupsRequest { page_size: 7, ..Default::default() };
//! assert_eq!((request.page_size(), request.without_page().page_size), (7, 0));
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
    include!(concat!(env!("OUT_DIR"), "/reasons.rs"));
}
/// A body that is no JSON: of RPCs that answer with a file (`muster/file/v1/file.proto`).
pub use generated::google::api::HttpBody;
pub use generated::muster::*;

pub mod codec;
mod enums;
mod messages;
mod refusals;
pub mod rules;
mod validate;

use std::sync::LazyLock;

pub use enums::Unspecified;
#[doc(hidden)]
pub use messages::is_updated;
pub use messages::{
    HasEtag, HasRequestId, ListResponse, Paged, RequestMessage, ResourceResponse, Scope, UpdateRequest,
    answer,
};
use prost_reflect::DescriptorPool;
pub use refusals::refuses;
pub use validate::{FieldViolation, validate};

/// The encoded `FileDescriptorSet` of the whole contract, imports and custom options included, without comments.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
/// The same with comments: five times as large, for who shows them.
pub const DOCUMENTED_DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/documented.bin"));
/// The domain of every `google.rpc.ErrorInfo` of the suite.
pub const ERROR_DOMAIN: &str = "muster.dev";

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    // The bytes were encoded by this crate's build script: if they do not decode, the build is broken, and every
    // lookup finds nothing, which callers refuse.
    DescriptorPool::decode(DESCRIPTORS).unwrap_or_default()
});

/// The descriptors, decoded once for the process.
pub fn pool() -> &'static DescriptorPool {
    &POOL
}

/// The descriptors with their comments, decoded anew: as many megabytes as the caller keeps.
pub fn documented_pool() -> DescriptorPool {
    // See `POOL`.
    DescriptorPool::decode(DOCUMENTED_DESCRIPTORS).unwrap_or_default()
}
