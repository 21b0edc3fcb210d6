//! What a request holds of the connection it came on, until its answer is written.

use std::net::IpAddr;

use tokio_util::task::task_tracker::TaskTrackerToken;

use super::send_buffer_budget::{ConnectionSendBuffer, SendBufferPermit};

/// Held by a request, and by its answer while that is written: the connection does not end before. Cheap to clone.
#[derive(Clone)]
pub(crate) struct RequestGuard {
    _in_flight: TaskTrackerToken,
    address: IpAddr,
    send_buffer: ConnectionSendBuffer,
}

impl RequestGuard {
    /// For a request from this address, which counts as in flight until the guard and its clones are dropped.
    pub(crate) fn new(
        in_flight: TaskTrackerToken,
        address: IpAddr,
        send_buffer: ConnectionSendBuffer,
    ) -> Self {
        Self {
            _in_flight: in_flight,
            address,
            send_buffer,
        }
    }

    /// Room for so many bytes of the answer; `None` if too much already waits for the client's network to read.
    pub(crate) fn buffer(&self, bytes: usize) -> Option<SendBufferPermit> {
        self.send_buffer.take(self.address, bytes)
    }
}
