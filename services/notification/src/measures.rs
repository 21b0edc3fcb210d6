//! What can be counted.

use std::time::Duration;

use crate::domain::{Outcome, RetryDecision};
use crate::smtp::SmtpUrl;
use crate::store::delivery::Backlog;

/// An attempt has ended: what it came to and what the delivery became.
pub(crate) fn attempted(outcome: &Outcome, decision: &RetryDecision, took: Duration) {
    let state = decision.disposition.state().as_str();
    metrics::counter!("muster_mail_attempts_total", "outcome" => outcome.word(), "state" => state)
        .increment(1);
    metrics::histogram!("muster_mail_attempt_seconds", "outcome" => outcome.word()).record(took);
}

/// The mail server took a message, this long after it was asked for.
pub(crate) fn sent_after(delay: Duration) {
    metrics::histogram!("muster_mail_request_to_sent_seconds").record(delay);
}

/// A delivery whose worker was gone has been taken care of.
pub(crate) fn recovered(outcome: &Outcome) {
    metrics::counter!("muster_mail_recovered_total", "outcome" => outcome.word()).increment(1);
}

/// An outcome came too late: the lease was somebody else's.
pub(crate) fn lease_lost() {
    metrics::counter!("muster_mail_leases_lost_total").increment(1);
}

/// A mail came to a return path, or to none: one word for what came of it. `bounced` is a message that came back.
pub(crate) fn report(result: &'static str) {
    metrics::counter!("muster_mail_reports_total", "result" => result).increment(1);
}

/// What waits, and how late the oldest is.
pub(crate) fn backlog(backlog: &Backlog) {
    metrics::gauge!("muster_mail_due").set(backlog.due as f64);
    metrics::gauge!("muster_mail_waiting").set(backlog.waiting as f64);
    metrics::gauge!("muster_mail_oldest_due_seconds").set(backlog.oldest.as_secs_f64());
}

/// A mail server was connected to and logged in at, or was not: one word for what came of it, `ok` or what prevented it.
pub(crate) fn connected(server: &SmtpUrl, result: &'static str) {
    metrics::counter!("muster_mail_connections_total", "server" => server.to_string(), "result" => result)
        .increment(1);
}
