//! Which sessions of the pages were ended before their time: the organization service keeps it, and is asked for each page.
//!
//! Nothing is remembered here. Whoever signs out at one replica is signed out at all of them at once, and a replica that starts
//! knows what the others know.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use muster_proto::organization::v1::session_internal_service_client::SessionInternalServiceClient;
use muster_proto::organization::v1::{CheckSessionRequest, EndSessionRequest};
use muster_server::Peer;
use prost_types::Timestamp;
use tonic::{Request, Status};

/// How long a page waits for an answer.
const LIMIT: Duration = Duration::from_secs(2);

/// Ends sessions, and asks whether they were ended.
#[derive(Debug, Clone)]
pub(crate) struct Sessions(SessionInternalServiceClient<Peer>);

impl Sessions {
    /// Asks this peer, the organization service.
    pub(crate) fn new(organization: Peer) -> Self {
        Self(SessionInternalServiceClient::new(organization))
    }

    /// Ends the session of this id, which would end by itself at `end`, in seconds since 1970.
    ///
    /// # Errors
    /// It could not be written down: the session may go on.
    pub(crate) async fn end(&self, id: &str, end: i64) -> Result<(), Status> {
        let request = EndSessionRequest {
            session_digest: digest_of(id),
            end_time: Some(Timestamp {
                seconds: end,
                nanos: 0,
            }),
        };
        self.0.clone().end_session(in_time(request)).await.map(|_| ())
    }

    /// Whether the session of this id was ended.
    ///
    /// # Errors
    /// Nobody could be asked.
    pub(crate) async fn is_ended(&self, id: &str) -> Result<bool, Status> {
        let request = CheckSessionRequest {
            session_digest: digest_of(id),
        };
        let answer = self.0.clone().check_session(in_time(request)).await?;
        Ok(answer.into_inner().ended)
    }
}

fn in_time<T>(request: T) -> Request<T> {
    let mut request = Request::new(request);
    request.set_timeout(LIMIT);
    request
}

/// The id itself goes nowhere but into the sealed cookie.
fn digest_of(id: &str) -> String {
    let digest = digest(&SHA256, id.as_bytes());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
