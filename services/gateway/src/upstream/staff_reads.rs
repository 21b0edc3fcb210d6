//! Where looks of registry staff are written down: with the organization service, which shows them to those whom it concerns.

use std::time::Duration;

use muster_proto::organization::v1::LogStaffReadRequest;
use muster_proto::organization::v1::staff_read_internal_service_client::StaffReadInternalServiceClient;
use muster_server::Peer;
use tonic::{Request, Status};

/// The log.
#[derive(Debug, Clone)]
pub(crate) struct StaffReads(StaffReadInternalServiceClient<Peer>);

impl StaffReads {
    /// Kept by this peer, the organization service.
    pub(crate) fn new(organization: Peer) -> Self {
        Self(StaffReadInternalServiceClient::new(organization))
    }

    /// Writes a look down within `limit`.
    pub(crate) async fn log(&self, read: LogStaffReadRequest, limit: Duration) -> Result<(), Status> {
        let mut request = Request::new(read);
        request.set_timeout(limit);
        self.0.clone().log_staff_read(request).await.map(|_| ())
    }
}
