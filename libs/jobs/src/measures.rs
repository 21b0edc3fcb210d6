//! What is counted; the label is the name of the job.

use std::time::Duration;

/// `outcome` is `done`, `again`, `given_up`, `lease_lost`, `unsettled` or `panicked`.
pub(crate) fn ran(job: &'static str, outcome: &'static str, took: Duration) {
    metrics::counter!("muster_job_runs_total", "job" => job, "outcome" => outcome).increment(1);
    metrics::histogram!("muster_job_run_seconds", "job" => job).record(took.as_secs_f64());
}

/// How many items are being worked on.
pub(crate) fn running(job: &'static str, items: usize) {
    metrics::gauge!("muster_job_running", "job" => job)
        .set(f64::from(u32::try_from(items).unwrap_or(u32::MAX)));
}

/// Looking for work failed.
pub(crate) fn look_failed(job: &'static str) {
    metrics::counter!("muster_job_look_failures_total", "job" => job).increment(1);
}
