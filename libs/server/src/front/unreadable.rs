//! What tonic answers by itself when a request has no message, or one that breaks off.

use http::Response;
use tonic::body::Body;
use tonic::{Code, Status};

const DETAILS: &str = "grpc-status-details-bin";

/// The same in our words. Every answer of a handler has details; a failure without them is of tonic, which takes what it cannot
/// read for its own mistake (`INTERNAL`) and tells of it in words for its developers.
pub(crate) fn explained(response: Response<Body>) -> Response<Body> {
    let headers = response.headers();
    let code = headers
        .get(Status::GRPC_STATUS)
        .map(|code| Code::from_bytes(code.as_bytes()));
    if code == Some(Code::Internal) && !headers.contains_key(DETAILS) {
        muster_proto::codec::malformed().into_http()
    } else {
        response
    }
}
