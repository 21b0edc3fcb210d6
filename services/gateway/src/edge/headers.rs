//! The metadata that services see: built from nothing, with a short list of what a client may say.
//!
//! Whatever else a client sends, in whatever spelling, ends here.

use http::header::{CONTENT_TYPE, TE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use muster_identity::CALLER_HEADER;
use muster_refusal::Refusal;
use muster_telemetry::propagation::TraceIds;

use super::Shared;
use super::deadline::{GRPC_TIMEOUT, Time};

const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longer values of a client's are not passed on.
const LONGEST: usize = 512;

impl Shared {
    /// The metadata of a call to the service that owns the method.
    pub(super) fn outgoing(
        &self,
        incoming: &HeaderMap,
        caller_token: HeaderValue,
        trace: TraceIds,
        time: &Time,
    ) -> Result<HeaderMap, Refusal> {
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(TE, HeaderValue::from_static("trailers"));
        for name in [USER_AGENT, TRACESTATE] {
            if let Some(value) = incoming.get(&name).filter(|value| value.len() <= LONGEST) {
                headers.insert(name, value.clone());
            }
        }
        trace.inject(&mut headers);
        if let Some(left) = time.header() {
            headers.insert(GRPC_TIMEOUT, left);
        }
        headers.insert(REQUEST_ID, value(&self.parts.clock.new_uuid().to_string())?);
        headers.insert(CALLER_HEADER, caller_token);
        Ok(headers)
    }
}

fn value(text: &str) -> Result<HeaderValue, Refusal> {
    HeaderValue::from_str(text).map_err(|_| Refusal::internal())
}
