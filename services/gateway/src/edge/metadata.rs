//! The metadata that services see: built from nothing, with a short list of what a client may say.
//!
//! Whatever else a client sends, in whatever spelling, ends here.

use http::header::{CONTENT_TYPE, TE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use muster_identity::CALLER_HEADER;

use super::call::Call;
use super::deadline::GRPC_TIMEOUT;
use super::shared::Shared;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
/// Longer values of a client's are not passed on.
const MAX_VALUE: usize = 512;

impl Shared {
    /// The metadata of a call to the service that owns the method.
    pub(super) fn outgoing(&self, call: &Call, caller_token: HeaderValue) -> HeaderMap {
        let incoming = &call.parts.headers;
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(TE, HeaderValue::from_static("trailers"));
        for name in [USER_AGENT, TRACESTATE] {
            if let Some(value) = incoming.get(&name).filter(|value| value.len() <= MAX_VALUE) {
                headers.insert(name, value.clone());
            }
        }
        if let Ok(trace) = HeaderValue::try_from(call.observation.ids().traceparent()) {
            headers.insert(TRACEPARENT, of_this_call(trace));
        }
        if let Some(left) = call.time.header() {
            headers.insert(GRPC_TIMEOUT, of_this_call(left));
        }
        headers.insert(CALLER_HEADER, caller_token);
        headers
    }
}

/// Different at every call: kept out of the header table of the connection (RFC 7541, section 6.2.3), where it would push out
/// values that repeat.
fn of_this_call(mut value: HeaderValue) -> HeaderValue {
    value.set_sensitive(true);
    value
}
