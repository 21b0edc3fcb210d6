//! The spans of the worker. No address, no text, no link in any of them.

use muster_telemetry::propagation;
use tracing::{Span, field};

use crate::domain::{Claimed, HandedOver, Outcome};
use crate::smtp::SmtpUrl;

/// One attempt, in the trace in which the mail was asked for.
pub(crate) fn sending(claimed: &Claimed) -> Span {
    let span = tracing::info_span!(
        "send mail",
        otel.kind = "internal",
        muster.delivery = %claimed.lease.delivery,
        muster.attempt = claimed.history.attempts + 1,
        muster.outcome = field::Empty,
    );
    continue_from(&span, claimed.traceparent.as_deref());
    span
}

/// What becomes of a delivery whose worker is gone.
pub(crate) fn recovering(claimed: &Claimed) -> Span {
    let span = tracing::info_span!("recover mail", otel.kind = "internal", muster.delivery = %claimed.lease.delivery);
    continue_from(&span, claimed.traceparent.as_deref());
    span
}

/// A report that a message came back.
pub(crate) fn coming_back(delivery: &HandedOver) -> Span {
    let span = tracing::info_span!("mail came back", otel.kind = "internal", muster.delivery = %delivery.id);
    continue_from(&span, delivery.traceparent.as_deref());
    span
}

/// Connecting to the mail server, up to its greeting and the answer to ours.
pub(crate) fn connecting(server: &SmtpUrl) -> Span {
    conversing(Some(server), "SMTP connect")
}

/// Handing a message over, from the envelope to the server's last word.
pub(crate) fn handing_over(server: Option<&SmtpUrl>) -> Span {
    conversing(server, "SMTP send")
}

fn conversing(server: Option<&SmtpUrl>, name: &'static str) -> Span {
    tracing::info_span!(
        "smtp",
        otel.name = name,
        otel.kind = "client",
        otel.status_code = field::Empty,
        network.protocol.name = "smtp",
        network.transport = "tcp",
        server.address = server.map(|server| &*server.host),
        server.port = server.map(|server| i64::from(server.port)),
        smtp.reply.code = field::Empty,
        error.type = field::Empty,
    )
}

/// Writes the end of a conversation into its span.
pub(crate) fn ended(span: &Span, outcome: &Outcome) {
    if let Some(reply) = outcome.reply() {
        span.record("smtp.reply.code", i64::from(reply.code()));
    }
    if !matches!(outcome, Outcome::Taken(_)) {
        span.record("otel.status_code", "ERROR");
        span.record("error.type", outcome.word());
    }
}

fn continue_from(span: &Span, traceparent: Option<&str>) {
    if let Some(traceparent) = traceparent {
        propagation::set_parent(span, propagation::context_of(traceparent));
    }
}
