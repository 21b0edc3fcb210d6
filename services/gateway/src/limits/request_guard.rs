//! What a request holds of the connection it came on, until its answer is written.

use std::net::IpAddr;
use std::time::Duration;

use tokio_util::task::task_tracker::TaskTrackerToken;

use super::read_debt::ReadDebt;
use super::send_buffer_budget::{ConnectionSendBuffer, SendBufferPermit};

/// What a call that is refused for the number of them costs its connection; one that is taken back while it runs; and one whose
/// answer would wait behind others that are not read, which is all that it could come to.
const REFUSED: Duration = Duration::from_millis(5);
const CANCELLED: Duration = Duration::from_millis(20);
const UNREAD: Duration = Duration::from_millis(50);

/// Held by a request, and by its answer while that is written: the connection does not end before. Cheap to clone.
#[derive(Clone)]
pub(crate) struct RequestGuard {
    _in_flight: TaskTrackerToken,
    address: IpAddr,
    send_buffer: ConnectionSendBuffer,
    /// `None`: the connection is a proxy's.
    debt: Option<ReadDebt>,
}

impl RequestGuard {
    /// For a request from this address, which counts as in flight until the guard and its clones are dropped.
    pub(crate) fn new(
        in_flight: TaskTrackerToken,
        address: IpAddr,
        send_buffer: ConnectionSendBuffer,
        debt: Option<ReadDebt>,
    ) -> Self {
        Self {
            _in_flight: in_flight,
            address,
            send_buffer,
            debt,
        }
    }

    /// Where it comes from.
    pub(crate) fn address(&self) -> IpAddr {
        self.address
    }

    /// Whether an answer could not be kept now, because too much waits for the client's network to read; whoever asks
    /// nevertheless is read more slowly.
    pub(crate) fn is_unread(&self) -> bool {
        let is_full = self.send_buffer.is_full(self.address);
        if is_full {
            self.owe(UNREAD);
        }
        is_full
    }

    /// The call was refused, for there were too many: the connection is read more slowly.
    pub(crate) fn refused(&self) {
        self.owe(REFUSED);
    }

    /// The call was taken back, as too many are: the connection is read more slowly.
    pub(crate) fn cancelled(&self) {
        self.owe(CANCELLED);
    }

    fn owe(&self, wait: Duration) {
        self.debt.as_ref().inspect(|debt| debt.add(wait));
    }

    /// Room for so many bytes of the answer; `None` if too much already waits for the client's network to read.
    pub(crate) fn buffer(&self, bytes: usize) -> Option<SendBufferPermit> {
        self.send_buffer.take(self.address, bytes)
    }
}
