//! How long a call may take, and what the service is told about it.

use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use muster_access::MethodRule;
use muster_server::grpc_timeout;
use tokio::time::Instant;

/// The longest a unary call takes.
pub(super) const UNARY: Duration = Duration::from_secs(5);
/// The longest a stream lives.
const LIFE: Duration = Duration::from_secs(30 * 60);
/// The longest a stream may say nothing.
pub(super) const IDLE: Duration = Duration::from_secs(30);

/// The longest a caller may take until they are known and their first message is there; a method that takes one message
/// must have it whole.
const FIRST: Duration = Duration::from_secs(5);

/// The header of gRPC over HTTP/2.
pub(super) const GRPC_TIMEOUT: &str = "grpc-timeout";

/// The time of one call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Time {
    end: Instant,
    /// Whether the service is told: a stream whose client set no limit has none.
    told: bool,
    answer: Flow,
}

/// How an answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Once,
    Stream,
    /// A stream that says something only when something happens.
    Watch,
}

impl Time {
    /// What the client asks for, as far as the method allows.
    pub(super) fn of(rule: &MethodRule, headers: &HeaderMap) -> Self {
        let asked = grpc_timeout(headers).map(before_the_client);
        let stream = rule.client_streaming || rule.server_streaming;
        let limit = if stream { LIFE } else { UNARY };
        Self {
            end: Instant::now() + asked.unwrap_or(limit).min(limit),
            told: asked.is_some() || !stream,
            answer: if rule.server_streaming {
                Flow::Stream
            } else {
                Flow::Once
            },
        }
    }

    /// Of a call of health or reflection.
    pub(super) fn of_infrastructure() -> Self {
        Self {
            end: Instant::now() + LIFE,
            told: false,
            answer: Flow::Watch,
        }
    }

    pub(super) fn end(&self) -> Instant {
        self.end
    }

    /// When the first message must be there.
    pub(super) fn first(&self) -> Instant {
        self.end.min(Instant::now() + FIRST)
    }

    /// What is left of it.
    pub(super) fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    /// Whether the answer goes on until somebody ends it.
    pub(super) fn streams(&self) -> bool {
        self.answer != Flow::Once
    }

    /// How long the answer may be silent.
    pub(super) fn idle(&self) -> Option<Duration> {
        (self.answer == Flow::Stream).then_some(IDLE)
    }

    /// What is left, for the service: deadlines shrink along the way.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        self.told.then(|| written(self.left())).flatten()
    }
}

/// Our answer must come before the client stops listening.
fn before_the_client(asked: Duration) -> Duration {
    asked.saturating_sub((asked / 20).min(Duration::from_millis(5)))
}

/// At most eight digits and a unit.
fn written(left: Duration) -> Option<HeaderValue> {
    let text = match left.as_micros() {
        micros if micros < 100_000_000 => format!("{micros}u"),
        micros => format!("{}m", micros / 1000),
    };
    HeaderValue::try_from(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(server_streaming: bool) -> MethodRule {
        MethodRule {
            path: "/p.S/M".to_owned(),
            service: "p.S".to_owned(),
            method: "M".to_owned(),
            area: "p".to_owned(),
            served_by: vec!["p".to_owned()],
            client_streaming: false,
            server_streaming,
            is_watch: server_streaming,
            retry_safe: false,
            reason_of_staff: false,
            needs_address: false,
            mode: muster_access::Mode::Public { calls_per_minute: 1 },
        }
    }

    fn time(server_streaming: bool, asked: Option<&'static str>) -> (Duration, Option<String>) {
        let mut headers = HeaderMap::new();
        if let Some(asked) = asked {
            headers.insert(GRPC_TIMEOUT, HeaderValue::from_static(asked));
        }
        let time = Time::of(&rule(server_streaming), &headers);
        (
            time.left(),
            time.header().map(|value| value.to_str().unwrap().to_owned()),
        )
    }

    #[tokio::test(start_paused = true)]
    async fn a_unary_call_gets_what_it_asks_for_up_to_five_seconds() {
        assert_eq!(time(false, None), (UNARY, Some("5000000u".to_owned())));
        assert_eq!(
            time(false, Some("250m")),
            (Duration::from_millis(245), Some("245000u".to_owned()))
        );
        assert_eq!(time(false, Some("1H")), (UNARY, Some("5000000u".to_owned())));
        assert_eq!(time(false, Some("bad")), (UNARY, Some("5000000u".to_owned())));
        assert_eq!(
            time(false, Some("123456789S")),
            (UNARY, Some("5000000u".to_owned()))
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_lives_half_an_hour_unless_its_client_says_less() {
        assert_eq!(time(true, None), (LIFE, None));
        assert_eq!(
            time(true, Some("10M")),
            (Duration::from_millis(599_995), Some("599995m".to_owned()))
        );
    }
}
