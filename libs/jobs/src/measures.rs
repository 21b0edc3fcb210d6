//! What is counted. The label is `name`: `job` is what Prometheus calls what it fetches from.

use std::time::Duration;

/// `outcome` is `done`, `again`, `given_up`, `lease_lost`, `unsettled` or `panicked`.
pub(crate) fn ran(job: &'static str, outcome: &'static str, took: Duration) {
    metrics::counter!("muster_job_runs_total", "name" => job, "outcome" => outcome).increment(1);
    metrics::histogram!("muster_job_run_seconds", "name" => job).record(took.as_secs_f64());
}

/// How many items are being worked on.
pub(crate) fn running(job: &'static str, items: usize) {
    metrics::gauge!("muster_job_running", "name" => job)
        .set(f64::from(u32::try_from(items).unwrap_or(u32::MAX)));
}

/// Looking for work failed.
pub(crate) fn look_failed(job: &'static str) {
    metrics::counter!("muster_job_look_failures_total", "name" => job).increment(1);
}
