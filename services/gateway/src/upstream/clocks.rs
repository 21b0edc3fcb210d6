//! What the clocks of the services are beside this machine's, as their answers tell.
//!
//! Services refuse the tokens of an edge whose clock is further from theirs than they forgive. Where most of them are, this machine's
//! is the clock that is wrong. Where few are, it is theirs: they are named, and no replica leaves service for what would be so at each.

use std::time::Duration;

use muster_server::check::Finding;
use tokio::time::Instant;

/// How far off a clock is differs by a little from look to look, because answers tell whole seconds: how far is said so often.
const SAY_AGAIN: Duration = Duration::from_secs(60);

/// The clock of one service, or of one replica that has a URL of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct ServiceClock {
    said: Option<(Finding, Instant)>,
    is_off: bool,
}

impl ServiceClock {
    /// It was found to be so.
    pub(super) fn found(&mut self, found: Finding) {
        // Between the two it stays what it was: no replica comes and goes because a second was rounded.
        if found.is_wrong() {
            self.is_off = true;
        } else if found.problem().is_none() {
            self.is_off = false;
        }
        let is_news = self
            .said
            .as_ref()
            .is_none_or(|(said, since)| !is_as_bad(said, &found) || since.elapsed() >= SAY_AGAIN);
        if is_news {
            self.said = Some((found, Instant::now()));
        }
    }

    /// What is said of it; `None` until an answer has told.
    pub(super) fn said(&self) -> Option<&Finding> {
        self.said.as_ref().map(|(said, _)| said)
    }
}

fn is_as_bad(one: &Finding, other: &Finding) -> bool {
    one.is_wrong() == other.is_wrong() && one.problem().is_some() == other.problem().is_some()
}

/// Whether this machine's clock is the one that is wrong: most of those that tell of themselves are further from it than tokens are
/// forgiven.
pub(super) fn is_ours_off<'a>(clocks: impl IntoIterator<Item = &'a ServiceClock>) -> bool {
    let told: Vec<_> = clocks.into_iter().filter(|clock| clock.said.is_some()).collect();
    let off = told.iter().filter(|clock| clock.is_off).count();
    off * 2 > told.len()
}

#[cfg(test)]
mod tests {
    use muster_server::check::peer_clock;
    use time::OffsetDateTime;
    use time::macros::datetime;
    use tonic::metadata::MetadataMap;

    use super::*;

    const FINE: OffsetDateTime = datetime!(2026-03-01 12:00:01 UTC);
    const ODD: OffsetDateTime = datetime!(2026-03-01 12:00:09 UTC);
    const WRONG: OffsetDateTime = datetime!(2026-03-01 12:02:02 UTC);
    const WORSE: OffsetDateTime = datetime!(2026-03-01 12:02:03 UTC);

    /// What a service at noon is found to be at this time here.
    fn at(here: OffsetDateTime) -> Finding {
        let mut answer = MetadataMap::new();
        answer.insert("date", "Sun, 01 Mar 2026 12:00:00 GMT".parse().unwrap());
        peer_clock("records", &answer, &(here..=here)).unwrap()
    }

    fn clock(found: &[OffsetDateTime]) -> ServiceClock {
        let mut clock = ServiceClock::default();
        found.iter().for_each(|here| clock.found(at(*here)));
        clock
    }

    #[test]
    fn most_of_those_that_tell_say_whose_clock_is_wrong() {
        let silent = ServiceClock::default();
        let (fine, off) = (clock(&[FINE]), clock(&[WRONG]));
        for (clocks, is_off) in [
            (vec![], false),
            (vec![&silent, &silent], false),
            (vec![&silent, &off], true),
            (vec![&fine, &off], false),
            (vec![&fine, &off, &off], true),
            (vec![&fine, &fine, &off], false),
        ] {
            assert_eq!(is_ours_off(clocks.iter().copied()), is_off, "{clocks:?}");
        }
    }

    #[test]
    fn between_fine_and_wrong_a_clock_stays_what_it_was() {
        for (found, is_off) in [
            (vec![ODD], false),
            (vec![FINE, ODD], false),
            (vec![WRONG, ODD], true),
            (vec![WRONG, ODD, FINE, ODD], false),
        ] {
            assert_eq!(is_ours_off([&clock(&found)]), is_off, "{found:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn how_far_it_is_off_is_said_once_a_minute_and_another_verdict_at_once() {
        let mut clock = clock(&[WRONG]);
        clock.found(at(WORSE));
        assert_eq!(clock.said(), Some(&at(WRONG)));
        tokio::time::advance(SAY_AGAIN).await;
        clock.found(at(WORSE));
        assert_eq!(clock.said(), Some(&at(WORSE)));
        clock.found(at(ODD));
        assert_eq!(clock.said(), Some(&at(ODD)));
    }
}
