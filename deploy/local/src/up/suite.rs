//! The parts that run, in the order in which they were started.

use crate::supervise::{Part, Supervised};

/// Everything that is kept running. Services go first when it stops, engines last.
#[derive(Debug, Default)]
pub(super) struct Suite {
    pub(super) engines: Vec<Supervised>,
    pub(super) tools: Vec<Supervised>,
    pub(super) services: Vec<Supervised>,
    /// In front of the services, where there are several of each.
    pub(super) balancer: Vec<Supervised>,
}

impl Suite {
    /// Keeps more parts running.
    pub(super) fn start(supervised: &mut Vec<Supervised>, parts: Vec<Part>) {
        supervised.extend(parts.into_iter().map(Supervised::start));
    }

    /// Ends services, then tools (which take the services' last spans), then engines.
    pub(super) async fn stop(self) {
        for group in [self.services, self.balancer, self.tools, self.engines] {
            let ending: Vec<_> = group.into_iter().map(|kept| tokio::spawn(kept.stop())).collect();
            for end in ending {
                let _ = end.await;
            }
        }
    }
}
