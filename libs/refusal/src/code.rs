//! The gRPC code of each reason.

use muster_proto::error::v1::ErrorReason;
use tonic::Code;

/// The gRPC code with which a reason is sent: the one that stands beside it in the contract.
pub fn code_of(reason: ErrorReason) -> Code {
    reason.code()
}
