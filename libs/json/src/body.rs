//! The body of a request that is JSON: read whole, within bounds.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http::{HeaderMap, Response, StatusCode, header};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use muster_refusal::ErrorReason;
use tokio::time::timeout;
use tonic::body::Body;

use crate::problem::problem;

/// For one body to arrive, or for the fields of a form.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
/// The largest message is as large; JSON is wordier, but what people write is far below both.
const MAX_BYTES: usize = 256 * 1024;
/// Values in one body, about: parsing and translating costs by them, not by bytes. The longest lists of the contract
/// have 1,000 items.
const MAX_VALUES: usize = 16 * 1024;

/// The body, if it is JSON, small enough, and comes in time.
///
/// # Errors
/// The answer that says what is wrong with it.
pub(crate) async fn received(head: &Parts, body: Body) -> Result<Bytes, Response<Bytes>> {
    // What the head decides is told before the client has sent anything.
    let length = body.size_hint().lower();
    if length > MAX_BYTES as u64 {
        return Err(too_large());
    }
    let is_plain = !head.headers.contains_key(header::CONTENT_ENCODING);
    let is_taken = is_plain && is_json(&head.headers);
    if length > 0 && !is_taken {
        return Err(not_json());
    }
    let body = match timeout(PATIENCE, gathered(body)).await {
        Ok(gathered) => gathered?,
        Err(_) => {
            return Err(problem(
                StatusCode::REQUEST_TIMEOUT,
                ErrorReason::DeadlineExceeded,
                "the body did not arrive within 5 seconds",
            ));
        }
    };
    if !body.is_empty() && !is_taken {
        return Err(not_json());
    }
    if values(&body) > MAX_VALUES {
        return Err(problem(
            StatusCode::PAYLOAD_TOO_LARGE,
            ErrorReason::MessageTooLarge,
            "the body has more than 16384 values; ask for less at once",
        ));
    }
    Ok(body)
}

/// In one piece: a body that comes byte by byte must not cost a buffer a byte.
async fn gathered(mut body: Body) -> Result<Bytes, Response<Bytes>> {
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            // The client is gone; nobody reads this.
            return Err(problem(
                StatusCode::BAD_REQUEST,
                ErrorReason::InvalidRequest,
                "the body broke off",
            ));
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if whole.len() + data.len() > MAX_BYTES {
            return Err(too_large());
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

/// How many values JSON has, at the most: each begins a list or an object, or follows a comma. What stands in texts is
/// passed over.
fn values(json: &[u8]) -> usize {
    let (mut values, mut in_text, mut escaped) = (1, false, false);
    for byte in json {
        match (byte, in_text) {
            _ if escaped => escaped = false,
            (b'\\', true) => escaped = true,
            (b'"', _) => in_text = !in_text,
            (b'{' | b'[' | b',', false) => values += 1,
            _ => {}
        }
    }
    values
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| {
        let mut parts = kind.split(';').map(|part| part.trim().to_ascii_lowercase());
        parts.next().as_deref() == Some("application/json")
            && parts.all(|part| {
                part.strip_prefix("charset=")
                    .is_none_or(|set| set.trim_matches('"') == "utf-8")
            })
    })
}

fn too_large() -> Response<Bytes> {
    problem(
        StatusCode::PAYLOAD_TOO_LARGE,
        ErrorReason::MessageTooLarge,
        "the body is larger than 256 KiB",
    )
}

fn not_json() -> Response<Bytes> {
    problem(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorReason::InvalidRequest,
        "the body must be application/json in UTF-8, not compressed",
    )
}

#[cfg(test)]
mod tests {
    use super::values;

    #[test]
    fn values_are_counted_outside_of_texts() {
        assert_eq!(values(br#"{"a": [1, 2, 3], "b": "x,y{[\",\\"}"#), 6);
        assert_eq!(values(b""), 1);
        assert_eq!(values(&b"{},".repeat(1000)), 2001);
    }
}
