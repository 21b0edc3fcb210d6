//! How eagerly the worker looks, and how much it dares.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::Outcome;
use crate::mails::Purpose;

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
            Some(Outcome::Stopped | Outcome::Unasked | Outcome::OwnerAway) | None => {}
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

/// The longest time after which an owner that is back is asked again.
const LONGEST_OWNER_PAUSE: Duration = Duration::from_secs(1);
/// An attempt that crashes does not end; the owner is asked again all the same.
const PROBE_LIMIT: Duration = Duration::from_secs(30);

/// Which owners of mails answer. Of one that does not, one mail at a time is asked for until it does; the others of it
/// wait where they are, and go out together then.
#[derive(Debug, Default)]
pub(super) struct Owners {
    away: BTreeMap<&'static str, OwnerAway>,
}

#[derive(Debug, Clone, Copy)]
struct OwnerAway {
    pause: Duration,
    until: Instant,
    probing: bool,
}

impl Owners {
    /// Whether all of them answer.
    pub(super) fn all_answer(&self) -> bool {
        self.away.is_empty()
    }

    /// The purposes whose owners answer.
    pub(super) fn answering(&self) -> Vec<Purpose> {
        self.purposes(|owner| !self.away.contains_key(owner))
    }

    /// The purposes of which one mail is to be tried now, whose owner did not answer before: those of one owner each.
    pub(super) fn probe_due(&mut self) -> Vec<Vec<Purpose>> {
        let now = Instant::now();
        let mut due = Vec::new();
        for (owner, away) in &mut self.away {
            if now >= away.until {
                (away.until, away.probing) = (now + PROBE_LIMIT, true);
                due.push(*owner);
            }
        }
        due.into_iter()
            .map(|owner| self.purposes(|other| other == owner))
            .collect()
    }

    /// There was no mail to probe an owner with.
    pub(super) fn nothing_to_ask(&mut self, purposes: &[Purpose]) {
        for purpose in purposes {
            self.away.remove(purpose.spec().owner);
        }
    }

    /// Takes notice of how an attempt at a mail of this owner ended.
    pub(super) fn learn(&mut self, owner: &'static str, outcome: &Outcome) {
        match outcome {
            Outcome::OwnerAway => self.failed(owner),
            // Ended before anybody was asked.
            Outcome::Stopped | Outcome::Unreachable(_) => self.probe_again(owner),
            _ => drop(self.away.remove(owner)),
        }
    }

    fn failed(&mut self, owner: &'static str) {
        let now = Instant::now();
        let pause = match self.away.get(owner) {
            None => {
                tracing::warn!(
                    owner,
                    "the owner of mails does not answer; one at a time is tried until it does"
                );
                FIRST_PAUSE
            }
            Some(away) if away.probing => (away.pause * 2).min(LONGEST_OWNER_PAUSE),
            // One of those that were asked together.
            Some(_) => return,
        };
        let away = OwnerAway {
            pause,
            until: now + pause,
            probing: false,
        };
        self.away.insert(owner, away);
    }

    fn probe_again(&mut self, owner: &'static str) {
        if let Some(away) = self.away.get_mut(owner).filter(|away| away.probing) {
            (away.until, away.probing) = (Instant::now() + away.pause, false);
        }
    }

    fn purposes(&self, of: impl Fn(&str) -> bool) -> Vec<Purpose> {
        let all = Purpose::ALL.iter().copied();
        all.filter(|purpose| of(purpose.spec().owner)).collect()
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

    #[tokio::test(start_paused = true)]
    async fn an_owner_that_is_away_is_asked_about_one_mail_at_a_time_and_no_more_rarely_than_every_second() {
        let mut owners = Owners::default();
        let owner = Purpose::Invite.spec().owner;
        assert!(owners.probe_due().is_empty() && owners.all_answer());
        for _ in 0..8 {
            owners.learn(owner, &Outcome::OwnerAway);
        }
        assert!(owners.answering().is_empty() && owners.probe_due().is_empty());
        for pause in [250, 500, 1000, 1000, 1000] {
            tokio::time::advance(Duration::from_millis(pause)).await;
            assert_eq!(owners.probe_due(), [[Purpose::Invite]]);
            assert!(owners.probe_due().is_empty(), "one at a time");
            owners.learn(owner, &Outcome::OwnerAway);
            assert!(owners.probe_due().is_empty());
        }
        owners.learn(owner, &Outcome::Taken(Reply::new(250, "")));
        assert_eq!(owners.answering(), Purpose::ALL);
    }
}
