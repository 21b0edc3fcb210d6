//! What the edge itself says when it refuses. The same cause gives the same bytes, whatever was asked for.

use std::sync::LazyLock;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use http::{HeaderName, HeaderValue, Response, header};
use muster_access::scan::ScanError;
use muster_identity::TokenProblem;
use muster_refusal::{ErrorReason, Refusal};
use muster_text::TextProblem;
use tonic::Status;
use tonic::body::Body;

const GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// The shortest time after which anybody is told to come back.
const SHORTEST: Duration = Duration::from_secs(1);

/// Unknown methods, and internal ones, which do not exist here.
pub(super) fn no_such_method() -> Refusal {
    Refusal::new(ErrorReason::MethodNotFound, "there is no such method here")
}

pub(super) fn overloaded() -> Refusal {
    Refusal::new(
        ErrorReason::Overloaded,
        "too many calls at once; try again with back-off",
    )
    .retry_after(Duration::from_secs(1))
}

pub(super) fn unread() -> Refusal {
    Refusal::new(
        ErrorReason::Overloaded,
        "too many answers to your network wait to be read; read them first",
    )
    .retry_after(Duration::from_secs(1))
}

pub(super) fn too_often(wait: Duration) -> Refusal {
    Refusal::new(
        ErrorReason::RateLimited,
        "too many calls from your network; wait before the next",
    )
    .retry_after(wait)
}

pub(super) fn too_busy(wait: Duration) -> Refusal {
    Refusal::new(
        ErrorReason::RateLimited,
        "too many calls in your name; wait before the next, and ask for more in one call where you can",
    )
    .retry_after(wait)
}

pub(super) fn too_late() -> Refusal {
    Refusal::new(
        ErrorReason::DeadlineExceeded,
        "the call did not finish in its time; it may still have had its effect: ask with the same request_id",
    )
}

pub(super) fn shutting_down() -> Refusal {
    Refusal::new(
        ErrorReason::ShuttingDown,
        "the server is going away; open the stream again",
    )
}

pub(super) fn staff_reason_required() -> Refusal {
    Refusal::new(
        ErrorReason::StaffReasonRequired,
        "what you ask for is personal: say why in the header `muster-reason`, 1 to 500 characters of one line; the \
         organization and whoever it concerns can read it",
    )
}

pub(super) fn staff_reason_unreadable(problem: TextProblem) -> Refusal {
    Refusal::new(
        ErrorReason::StaffReasonRequired,
        format!("the reason in the header `muster-reason` {problem}: others are to read it"),
    )
}

pub(super) fn token_missing() -> Refusal {
    Refusal::new(
        ErrorReason::TokenMissing,
        "sign in, and send the access token as `authorization: Bearer …`",
    )
}

/// All bad tokens look the same from outside; operators see how many there are of each kind, and one in the log now and
/// then.
pub(super) fn token(problem: TokenProblem) -> Refusal {
    metrics::counter!("edge_tokens_refused_total", "problem" => problem.kind()).increment(1);
    if TOLD.is_due() {
        tracing::warn!(%problem, "tokens are refused; edge_tokens_refused_total counts them");
    } else {
        tracing::debug!(%problem, "a token was refused");
    }
    match problem {
        TokenProblem::IssuerUnavailable(rests) => Refusal::unavailable().retry_after(rests.max(SHORTEST)),
        TokenProblem::AddressUnavailable => Refusal::new(
            ErrorReason::Unavailable,
            "your issuer does not answer where it would tell your e-mail address; try again with back-off",
        )
        .retry_after(SHORTEST),
        _ => Refusal::new(
            ErrorReason::TokenInvalid,
            "the token is not valid here; sign in again",
        ),
    }
}

/// Of a stream whose caller had a good token when it began.
pub(super) fn token_ended() -> Refusal {
    Refusal::new(
        ErrorReason::TokenInvalid,
        "the access token has run out; go on with a new one",
    )
}

pub(super) fn malformed(problem: ScanError) -> Refusal {
    Refusal::new(ErrorReason::MessageMalformed, problem.to_string())
}

pub(super) fn bad_framing() -> Refusal {
    Refusal::new(
        ErrorReason::MessageMalformed,
        "the request is not framed as gRPC frames a request of this method",
    )
}

/// A message of more than so many bytes.
pub(super) fn too_large(most: usize) -> Refusal {
    Refusal::new(
        ErrorReason::MessageTooLarge,
        format!("a message may have at most {most} bytes"),
    )
}

pub(super) fn compressed() -> Refusal {
    Refusal::new(
        ErrorReason::CompressionNotSupported,
        "send request messages without compression",
    )
}

pub(super) fn compressed_without_encoding() -> Refusal {
    Refusal::new(
        ErrorReason::Internal,
        "a message is flagged as compressed, and no grpc-encoding says how",
    )
}

pub(super) fn scope_changed() -> Refusal {
    Refusal::new(
        ErrorReason::StreamScopeChanged,
        "every message of a stream must name the scope of the first one",
    )
}

/// When refused tokens were told last: whoever sends many must not write our log.
static TOLD: Told = Told(AtomicU64::new(0));

struct Told(AtomicU64);

impl Told {
    const EVERY_SECONDS: u64 = 10;

    fn is_due(&self) -> bool {
        static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);
        let now = STARTED.elapsed().as_secs() + Self::EVERY_SECONDS;
        let due = |last| (now >= last + Self::EVERY_SECONDS).then_some(now);
        self.0.fetch_update(Relaxed, Relaxed, due).is_ok()
    }
}

/// A refusal as an answer without messages.
pub(super) fn response(refusal: Refusal) -> Response<Body> {
    let (challenge, accepted) = (challenge(refusal.reason()), accepted(refusal.reason()));
    let mut response = Status::from(refusal).into_http();
    if let Some(accepted) = accepted {
        response.headers_mut().insert(GRPC_ACCEPT_ENCODING, accepted);
    }
    if let Some(challenge) = challenge {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

/// The encodings that are taken, for whoever used another one (the compression document of gRPC wants it told).
fn accepted(reason: ErrorReason) -> Option<HeaderValue> {
    (reason == ErrorReason::CompressionNotSupported).then(|| HeaderValue::from_static("identity"))
}

/// What whoever is not signed in is asked for (RFC 6750, section 3). Of an error hears only who has shown a token: a client
/// fetches another one then.
fn challenge(reason: ErrorReason) -> Option<HeaderValue> {
    match reason {
        ErrorReason::TokenMissing => Some(HeaderValue::from_static(r#"Bearer realm="muster""#)),
        ErrorReason::TokenInvalid => Some(HeaderValue::from_static(
            r#"Bearer realm="muster", error="invalid_token", error_description="the token is not valid here; sign in again""#,
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_tokens_do_not_fill_the_log() {
        let told = Told(AtomicU64::new(0));
        assert_eq!((0..1000).filter(|_| told.is_due()).count(), 1);
    }
}
