//! The metadata that services see: built from nothing, with a short list of what a client may say.
//!
//! Whatever else a client sends, in whatever spelling, ends here.

use http::header::{CONTENT_TYPE, TE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use muster_identity::CALLER_HEADER;
use muster_telemetry::propagation::TraceIds;

use super::Shared;
use super::deadline::{GRPC_TIMEOUT, Time};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
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
    ) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(TE, HeaderValue::from_static("trailers"));
        for name in [USER_AGENT, TRACESTATE] {
            if let Some(value) = incoming.get(&name).filter(|value| value.len() <= LONGEST) {
                headers.insert(name, value.clone());
            }
        }
        if let Ok(trace) = HeaderValue::try_from(trace.traceparent()) {
            headers.insert(TRACEPARENT, of_this_call(trace));
        }
        if let Some(left) = time.header() {
            headers.insert(GRPC_TIMEOUT, of_this_call(left));
        }
        headers.insert(CALLER_HEADER, caller_token);
        headers
    }
}

/// Never the same again: kept out of the header table of the connection (RFC 7541, section 6.2.3), where it would push out
/// what is.
fn of_this_call(mut value: HeaderValue) -> HeaderValue {
    value.set_sensitive(true);
    value
}
