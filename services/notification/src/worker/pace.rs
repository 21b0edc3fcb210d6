//! How eagerly the worker looks, and how much it dares.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::Outcome;

const QUICKEST: Duration = Duration::from_millis(5);
const SLOWEST: Duration = Duration::from_millis(200);

/// How long to wait before looking again. Woken, it looks a few times in quick succession: the wake-up comes a moment
/// before the commit.
#[derive(Debug)]
pub(super) struct Idle(Duration);

impl Default for Idle {
    fn default() -> Self {
        Self(SLOWEST)
    }
}

impl Idle {
    pub(super) fn woken(&mut self) {
        self.0 = QUICKEST;
    }

    /// The wait after a look that found something, or did not.
    pub(super) fn after(&mut self, found: bool) -> Duration {
        if found {
            self.woken();
        }
        let wait = self.0;
        self.0 = (wait * 2).min(SLOWEST);
        wait
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Whether the mail server can be reached. While it cannot, one message at a time is risked, ever more rarely: a server
/// that restarts does not use up the patience of everything that waits.
#[derive(Debug, Default)]
pub(super) struct Reach {
    away: Option<Away>,
}

#[derive(Debug, Clone, Copy)]
struct Away {
    pause: Duration,
    until: Instant,
}

impl Reach {
    /// How many messages may be on their way at once.
    pub(super) fn limit(&self, at_once: usize) -> usize {
        match self.away {
            None => at_once,
            Some(away) if Instant::now() < away.until => 0,
            Some(_) => 1,
        }
    }

    /// Takes notice of how an attempt ended; `None` for one that crashed.
    pub(super) fn learn(&mut self, outcome: Option<&Outcome>) {
        match outcome {
            Some(Outcome::Unreachable(_)) => self.failed(),
            // Says nothing about the server.
            Some(Outcome::Stopped | Outcome::Unasked) | None => {}
            Some(_) => self.away = None,
        }
    }

    fn failed(&mut self) {
        let now = Instant::now();
        let pause = match self.away {
            None => FIRST_PAUSE,
            // One of those that were on their way together.
            Some(away) if now < away.until => return,
            Some(away) => (away.pause * 2).min(LONGEST_PAUSE),
        };
        self.away = Some(Away {
            pause,
            until: now + pause,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Reply;

    #[test]
    fn an_idle_worker_looks_ever_more_rarely_until_it_is_woken() {
        let mut idle = Idle::default();
        assert_eq!(idle.after(false), SLOWEST);
        idle.woken();
        let waits: Vec<u128> = (0..7).map(|_| idle.after(false).as_millis()).collect();
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 200]);
        assert_eq!(idle.after(true), QUICKEST);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_is_away_gets_one_message_at_a_time_ever_more_rarely() {
        let mut reach = Reach::default();
        for _ in 0..8 {
            reach.learn(Some(&Outcome::Unreachable(None)));
        }
        assert_eq!(reach.limit(8), 0);
        tokio::time::advance(FIRST_PAUSE).await;
        assert_eq!(reach.limit(8), 1);
        reach.learn(Some(&Outcome::Unreachable(None)));
        tokio::time::advance(FIRST_PAUSE).await;
        assert_eq!(reach.limit(8), 0);
        tokio::time::advance(FIRST_PAUSE).await;
        assert_eq!(reach.limit(8), 1);
        reach.learn(Some(&Outcome::Taken(Reply::new(250, ""))));
        assert_eq!(reach.limit(8), 8);
    }
}
