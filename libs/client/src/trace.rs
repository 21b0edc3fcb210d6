//! The trace of a call (W3C Trace Context).

use std::fmt;

use http::{HeaderMap, HeaderValue};

/// Names the trace that a call belongs to.
const PARENT: &str = "traceparent";
/// Names it in what comes back (W3C Trace Context, level 2). Written by this side, so that whoever holds an answer or a
/// refusal knows its trace.
const RESPONSE: &str = "traceresponse";

/// The id of a trace: 32 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceId(String);

impl TraceId {
    /// The trace that the headers of a request name; a new one, which is to be recorded, where they name none.
    pub(crate) fn begin(headers: &mut HeaderMap) -> Self {
        if let Some(given) = in_header(headers, PARENT) {
            return given;
        }
        let id = format!("{:032x}", rand::random::<u128>());
        let parent = format!("00-{id}-{:016x}-01", rand::random::<u64>());
        if let Ok(parent) = HeaderValue::try_from(parent) {
            headers.insert(PARENT, parent);
        }
        Self(id)
    }

    /// Writes it into the headers of what came back.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::try_from(format!("00-{}-{:016x}-01", self.0, 0)) {
            headers.insert(RESPONSE, value);
        }
    }

    /// Reads it from the metadata of a response or a status.
    #[must_use]
    pub fn read(headers: &HeaderMap) -> Option<Self> {
        in_header(headers, RESPONSE)
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn in_header(headers: &HeaderMap, name: &str) -> Option<TraceId> {
    let id = headers.get(name)?.to_str().ok()?.split('-').nth(1)?;
    let is_whole = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_whole.then(|| TraceId(id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_that_is_given_is_kept_and_a_missing_one_begins() {
        let mut headers = HeaderMap::new();
        let begun = TraceId::begin(&mut headers);
        assert_eq!(TraceId::begin(&mut headers), begun);
        let mut answer = HeaderMap::new();
        assert_eq!(TraceId::read(&answer), None);
        begun.write(&mut answer);
        assert_eq!(TraceId::read(&answer), Some(begun));
    }
}
