//! Issuers, looked at before anybody needs them: whoever runs the suite reads in `/readyz` which of them cannot be used, and
//! why. None of them makes a replica unready: every other replica would be, too, and those who come from another
//! issuer, or with a known key, are hurt by nothing.

use std::time::Duration;

use muster_identity::oidc::PersonVerifier;
use muster_server::Health;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How often it is told how they are. How often they are asked is theirs to say.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Tells how the issuers are until `shutdown`.
pub(crate) async fn watch(persons: PersonVerifier, health: Health, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        for issuer in persons.look() {
            health.set_problem(&format!("issuer {}", issuer.url), issuer.problem);
        }
        shutdown.run_until_cancelled(sleep(LOOK_EVERY)).await;
    }
}
