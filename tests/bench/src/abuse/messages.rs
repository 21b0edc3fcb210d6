//! Messages as gRPC frames them.

use bytes::Bytes;
use muster_proto::records::v1::ListAssignmentsRequest;
use prost::Message as _;

/// A request of the method that is called, which names this scope.
pub(super) fn framed(parent: &str) -> Bytes {
    let request = ListAssignmentsRequest {
        parent: parent.to_owned(),
        ..ListAssignmentsRequest::default()
    };
    prefixed(0, &request.encode_to_vec())
}

/// A message behind its flag and its length.
pub(super) fn prefixed(flag: u8, message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [&[flag][..], &length.to_be_bytes(), message].concat().into()
}
