//! Extra policies while the gateway runs: the folder is looked at every second, and what has changed there is taken over
//! when it has been the same twice, so that a file half written is not taken for a whole one.
//!
//! What is wrong leaves the last good policies in force.

use std::time::Duration;

use muster_server::Health;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::extra::{Extra, Looked};
use super::{Digest, Policies, PolicyProblem};

/// How operators hear of it.
const PART: &str = "extra policies";

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Looks at start until two in a row are the same.
const FIRST_LOOKS: usize = 5;

/// The folder, and what was seen there.
#[derive(Debug)]
pub struct Watch {
    policies: Policies,
    extra: Extra,
    /// Taken over, or told to be wrong.
    settled: Digest,
    seen: Digest,
    /// What is wrong with what was seen last.
    problem: Option<String>,
}

impl Policies {
    /// These and the extra ones of a folder, which is to be watched from then on.
    ///
    /// # Errors
    /// Everything that is wrong there.
    pub fn with_extra(self, extra: Extra) -> Result<(Self, Watch), Vec<PolicyProblem>> {
        let mut looked = extra.look();
        for _ in 1..FIRST_LOOKS {
            let again = extra.look();
            if again.digest == looked.digest {
                let settled = looked.digest;
                self.take_over(&extra, looked)?;
                let watch = Watch {
                    policies: self.clone(),
                    extra,
                    settled,
                    seen: settled,
                    problem: None,
                };
                return Ok((self, watch));
            }
            looked = again;
        }
        Err(vec![PolicyProblem::Restless {
            directory: extra.directory.display().to_string(),
        }])
    }

    /// Puts what was found in force, if nothing is wrong with it. Everything that was decided before is forgotten.
    fn take_over(&self, extra: &Extra, looked: Looked) -> Result<(), Vec<PolicyProblem>> {
        let digest = looked.digest;
        let (policies, mut problems) = extra.policies(looked);
        let count = policies.len();
        match self.together(policies) {
            Ok(set) if problems.is_empty() => {
                self.replace(set);
                loaded(digest, count);
                Ok(())
            }
            Ok(_) => Err(problems),
            Err(more) => {
                problems.extend(more);
                Err(problems)
            }
        }
    }
}

impl Watch {
    /// Looks every second until `shutdown`; what is wrong is shown beside readiness.
    pub async fn run(mut self, health: Health, shutdown: CancellationToken) {
        while shutdown.run_until_cancelled(sleep(LOOK_EVERY)).await.is_some() {
            // Files may be on a disk that takes its time, and policies take some to be validated.
            let looking = tokio::task::spawn_blocking(move || {
                self.look();
                self
            });
            match looking.await {
                Ok(watch) => {
                    self = watch;
                    health.set_problem(PART, self.problem.clone());
                }
                Err(error) => {
                    health.set_problem(PART, Some(format!("they are not looked at any more: {error}")));
                    metrics::gauge!("edge_policies_problem").set(1.0);
                    return;
                }
            }
        }
    }

    /// Looks at the folder, and takes over what has been the same twice.
    pub(super) fn look(&mut self) {
        let looked = self.extra.look();
        let before = std::mem::replace(&mut self.seen, looked.digest);
        if looked.digest == self.settled || looked.digest != before {
            return;
        }
        self.settled = looked.digest;
        self.problem = None;
        if let Err(problems) = self.policies.take_over(&self.extra, looked) {
            let told: Vec<_> = problems.iter().map(PolicyProblem::in_words).collect();
            metrics::gauge!("edge_policies_problem").set(1.0);
            let told = told.join("; ");
            self.problem = Some(format!(
                "as changed they cannot be used, the last good ones stay in force: {told}"
            ));
        }
    }

    /// What is wrong with the folder as it is now; the policies in force are older.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }
}

/// A number that is the same wherever the same policies are in force.
fn number(digest: Digest) -> f64 {
    let [a, b, c, d, ..] = digest;
    f64::from(u32::from_be_bytes([a, b, c, d]))
}

fn loaded(digest: Digest, policies: usize) {
    metrics::gauge!("edge_policies_problem").set(0.0);
    metrics::counter!("edge_policies_loaded_total").increment(1);
    metrics::gauge!("edge_policies_extra").set(policies as f64);
    metrics::gauge!("edge_policies_extra_digest").set(number(digest));
    let digest: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    tracing::info!(policies, digest, "extra policies are in force");
}
