//! One line for an outage, however many connections notice it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// An outage that lasts is told again this often.
const SAY_AGAIN: Duration = Duration::from_secs(60);

/// Whether the broker is away, as far as the connections of this process know.
#[derive(Debug, Default)]
pub(super) struct Outage(Mutex<Option<Away>>);

#[derive(Debug, Clone, Copy)]
struct Away {
    since: Instant,
    said: Instant,
}

impl Outage {
    /// Notes that there is no connection. Whether operators should be told: the first time, and once a minute.
    pub(super) fn is_news(&self) -> bool {
        let now = Instant::now();
        let mut away = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = match *away {
            Some(known) if known.said + SAY_AGAIN > now => return false,
            Some(known) => known.since,
            None => now,
        };
        *away = Some(Away { since, said: now });
        true
    }

    /// Notes that there is a connection. For how long there was none, if there was none.
    pub(super) fn over(&self) -> Option<Duration> {
        let mut away = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        away.take().map(|away| away.since.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_outage_is_told_once_and_then_once_a_minute_whoever_notices_it() {
        let outage = Outage::default();
        assert_eq!(outage.over(), None);
        let mut told = 0;
        for _ in 0..130 {
            told += u32::from(outage.is_news());
            assert!(!outage.is_news(), "the other connection");
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert_eq!(told, 3);
        assert_eq!(outage.over(), Some(Duration::from_secs(130)));
        assert!(outage.is_news(), "another outage");
    }
}
