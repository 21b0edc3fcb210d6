//! How much the worker dares while others do not answer.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::Outcome;
use crate::mails::Purpose;

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Whether the mail server can be reached, and how many connections it takes. While it cannot, one message at a time is risked, ever
/// more rarely: a server that restarts does not use up the patience of everything that waits. Servers limit the connections of a client,
/// and do not say to how many: after one was refused half as many messages are on their way, and one more for each round that goes well.
#[derive(Debug)]
pub(super) struct Reach {
    wanted: usize,
    dared: usize,
    /// How many messages were taken since that changed.
    taken: usize,
    away: Option<Away>,
}

#[derive(Debug, Clone, Copy)]
struct Away {
    pause: Duration,
    until: Instant,
}

impl Reach {
    /// So many at once are wanted, and dared at first.
    pub(super) fn new(wanted: usize) -> Self {
        Self {
            wanted,
            dared: wanted,
            taken: 0,
            away: None,
        }
    }

    /// Whether there may be as many as are wanted.
    pub(super) fn is_well(&self) -> bool {
        self.limit() == self.wanted
    }

    /// How many messages may be on their way at once.
    pub(super) fn limit(&self) -> usize {
        match self.away {
            None => self.dared,
            Some(away) if Instant::now() < away.until => 0,
            Some(_) => 1,
        }
    }

    /// Takes notice of how an attempt ended.
    pub(super) fn learn(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Unreachable(_) => self.failed(),
            // Says nothing about the server.
            Outcome::Stopped | Outcome::Unasked | Outcome::SourceAway => {}
            Outcome::Taken(_) => {
                self.away = None;
                self.went_well();
            }
            _ => self.away = None,
        }
    }

    fn went_well(&mut self) {
        self.taken += 1;
        if self.taken >= self.dared && self.dared < self.wanted {
            self.dared += 1;
            self.taken = 0;
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
        self.dared = (self.dared / 2).max(1);
        self.taken = 0;
        self.away = Some(Away {
            pause,
            until: now + pause,
        });
    }
}

/// The longest time after which a source that is back is asked again.
const LONGEST_SOURCE_PAUSE: Duration = Duration::from_secs(1);
/// An attempt that crashes does not end; the source is asked again all the same.
const PROBE_LIMIT: Duration = Duration::from_secs(30);

/// Which sources of mails answer. Of one that does not, one mail at a time is asked for until it does; the others of it
/// wait where they are, and go out together then.
#[derive(Debug, Default)]
pub(super) struct Sources {
    away: BTreeMap<&'static str, SourceAway>,
}

#[derive(Debug, Clone, Copy)]
struct SourceAway {
    pause: Duration,
    until: Instant,
    probing: bool,
}

impl Sources {
    /// Whether all of them answer.
    pub(super) fn all_answer(&self) -> bool {
        self.away.is_empty()
    }

    /// The purposes whose sources answer.
    pub(super) fn answering(&self) -> Vec<Purpose> {
        self.purposes(|source| !self.away.contains_key(source))
    }

    /// The purposes of which one mail is to be tried now, whose source did not answer before: those of one source each.
    pub(super) fn probe_due(&mut self) -> Vec<Vec<Purpose>> {
        let now = Instant::now();
        let mut due = Vec::new();
        for (source, away) in &mut self.away {
            if now >= away.until {
                (away.until, away.probing) = (now + PROBE_LIMIT, true);
                due.push(*source);
            }
        }
        due.into_iter()
            .map(|source| self.purposes(|other| other == source))
            .collect()
    }

    /// There was no mail to probe a source with.
    pub(super) fn nothing_to_ask(&mut self, purposes: &[Purpose]) {
        for purpose in purposes {
            self.away.remove(purpose.spec().source);
        }
    }

    /// No mail could be looked for to probe a source with.
    pub(super) fn not_asked(&mut self, purposes: &[Purpose]) {
        for purpose in purposes {
            self.probe_again(purpose.spec().source);
        }
    }

    /// Takes notice of how an attempt at a mail of this source ended.
    pub(super) fn learn(&mut self, source: &'static str, outcome: &Outcome) {
        match outcome {
            Outcome::SourceAway => self.failed(source),
            // Mostly ended before anybody was asked.
            Outcome::Stopped | Outcome::Unreachable(_) => self.probe_again(source),
            _ => drop(self.away.remove(source)),
        }
    }

    fn failed(&mut self, source: &'static str) {
        let now = Instant::now();
        let pause = match self.away.get(source) {
            None => {
                tracing::warn!(
                    source,
                    "the source of mails does not answer; one at a time is tried until it does"
                );
                FIRST_PAUSE
            }
            Some(away) if away.probing => (away.pause * 2).min(LONGEST_SOURCE_PAUSE),
            // One of those that were asked together.
            Some(_) => return,
        };
        let away = SourceAway {
            pause,
            until: now + pause,
            probing: false,
        };
        self.away.insert(source, away);
    }

    fn probe_again(&mut self, source: &'static str) {
        if let Some(away) = self.away.get_mut(source).filter(|away| away.probing) {
            (away.until, away.probing) = (Instant::now() + away.pause, false);
        }
    }

    fn purposes(&self, of: impl Fn(&str) -> bool) -> Vec<Purpose> {
        let all = Purpose::ALL.iter().copied();
        all.filter(|purpose| of(purpose.spec().source)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Reply;

    #[tokio::test(start_paused = true)]
    async fn a_server_that_is_away_gets_one_message_at_a_time_ever_more_rarely() {
        let mut reach = Reach::new(8);
        assert!(reach.is_well());
        for _ in 0..8 {
            reach.learn(&Outcome::Unreachable(None));
        }
        assert_eq!(reach.limit(), 0);
        tokio::time::advance(FIRST_PAUSE).await;
        assert_eq!(reach.limit(), 1);
        reach.learn(&Outcome::Unreachable(None));
        tokio::time::advance(FIRST_PAUSE).await;
        assert_eq!(reach.limit(), 0);
        tokio::time::advance(FIRST_PAUSE).await;
        assert_eq!(reach.limit(), 1);
        reach.learn(&Outcome::Taken(Reply::new(250, "")));
        assert_eq!(reach.limit(), 2, "twice half of eight");
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_takes_fewer_connections_is_brought_as_many_as_it_takes() {
        let mut reach = Reach::new(32);
        let (mut refused, mut most) = (0, 0);
        for _ in 0..2_000 {
            // It takes twelve.
            if reach.limit() > 12 {
                refused += 1;
                reach.learn(&Outcome::Unreachable(None));
                tokio::time::advance(FIRST_PAUSE).await;
            } else {
                reach.learn(&Outcome::Taken(Reply::new(250, "")));
            }
            most = most.max(reach.limit());
        }
        // From six to thirteen takes 63 messages.
        assert!(refused < 40, "{refused}");
        assert!(!reach.is_well() && most <= 16);
        // It takes as many as anybody brings.
        for _ in 0..600 {
            reach.learn(&Outcome::Taken(Reply::new(250, "")));
        }
        assert!(reach.is_well());
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_that_is_away_is_asked_about_one_mail_at_a_time_and_no_more_rarely_than_every_second() {
        let mut sources = Sources::default();
        let source = Purpose::Invite.spec().source;
        assert!(sources.probe_due().is_empty() && sources.all_answer());
        for _ in 0..8 {
            sources.learn(source, &Outcome::SourceAway);
        }
        let own = sources.purposes(|other| other == source);
        let away = |sources: &Sources| own.iter().all(|purpose| !sources.answering().contains(purpose));
        assert!(away(&sources) && sources.probe_due().is_empty());
        for pause in [250, 500, 1000, 1000, 1000] {
            tokio::time::advance(Duration::from_millis(pause)).await;
            assert_eq!(sources.probe_due(), std::slice::from_ref(&own));
            assert!(sources.probe_due().is_empty(), "one at a time");
            sources.learn(source, &Outcome::SourceAway);
            assert!(sources.probe_due().is_empty());
        }
        tokio::time::advance(Duration::from_secs(1)).await;
        sources.probe_due();
        sources.not_asked(&own);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(sources.probe_due(), std::slice::from_ref(&own), "soon again");
        sources.learn(source, &Outcome::Taken(Reply::new(250, "")));
        assert_eq!(sources.answering(), Purpose::ALL);
    }
}
