//! Frames of HTTP/2 that ask for nothing but an answer, counted as their bytes come.
//!
//! SETTINGS and PING must be acknowledged, PRIORITY and frames of unknown kinds be passed over (RFC 9113, sections 5.1.1 and
//! 6): each costs its sender nine bytes or a few more, and whoever sends nothing else keeps us busy for nothing (CVE-2019-9512,
//! CVE-2019-9515). Clients need some: for settings once, for finding out whether we are there, and how fast.

use tokio::time::Instant;

const HEADER: usize = 9;
const PRIORITY: u8 = 2;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const CONTINUATION: u8 = 9;

/// So many may come at once, and then so many a second. Clients that measure a connection ping at each of its round trips
/// while much is read: some hundred a second at most.
const AT_ONCE: f64 = 2000.0;
const A_SECOND: f64 = 500.0;

/// Where in its frames a connection is, and how many it may still send for nothing.
#[derive(Debug)]
pub(crate) struct Frames {
    header: [u8; HEADER],
    read: usize,
    /// What is left of the payload.
    payload: usize,
    left: f64,
    at: Instant,
}

impl Frames {
    /// Of a connection that has sent its preface.
    pub(crate) fn new() -> Self {
        Self {
            header: [0; HEADER],
            read: 0,
            payload: 0,
            left: AT_ONCE,
            at: Instant::now(),
        }
    }

    /// Looks at the next bytes; whether the connection may go on.
    pub(crate) fn may_go_on(&mut self, bytes: &[u8]) -> bool {
        let idle = self.count(bytes);
        if idle == 0 {
            return true;
        }
        let now = Instant::now();
        let more = (now - self.at).as_secs_f64() * A_SECOND;
        (self.at, self.left) = (now, (self.left + more).min(AT_ONCE) - f64::from(idle));
        self.left >= 0.0
    }

    /// How many frames for nothing begin in these bytes.
    fn count(&mut self, mut bytes: &[u8]) -> u32 {
        let mut idle = 0;
        loop {
            let passed = self.payload.min(bytes.len());
            self.payload -= passed;
            bytes = bytes.get(passed..).unwrap_or_default();
            let wanted = HEADER - self.read;
            for (to, from) in self.header.iter_mut().skip(self.read).zip(bytes) {
                *to = *from;
            }
            if bytes.len() < wanted {
                self.read += bytes.len();
                return idle;
            }
            bytes = bytes.get(wanted..).unwrap_or_default();
            self.read = 0;
            let [a, b, c, kind, ..] = self.header;
            self.payload = u32::from_be_bytes([0, a, b, c]) as usize;
            idle += u32::from(matches!(kind, PRIORITY | SETTINGS | PING) || kind > CONTINUATION);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::*;

    fn frame(kind: u8, payload: usize) -> Vec<u8> {
        let length = u32::try_from(payload).unwrap().to_be_bytes();
        // Whatever is in it is no frame.
        [&length[1..], &[kind, 0, 0, 0, 0, 0], &vec![PING; payload][..]].concat()
    }

    #[tokio::test(start_paused = true)]
    async fn frames_are_counted_however_their_bytes_come() {
        let frames = [
            frame(0, 1000),
            frame(1, 30),
            frame(PING, 8),
            frame(8, 4),
            frame(SETTINGS, 0),
            frame(PRIORITY, 5),
            frame(0, 0),
            frame(77, 3),
        ];
        let bytes = frames.concat();
        for size in [1, 2, 3, 7, 10, 500, bytes.len()] {
            let mut frames = Frames::new();
            let idle: u32 = bytes.chunks(size).map(|chunk| frames.count(chunk)).sum();
            assert_eq!((idle, frames.read, frames.payload), (4, 0, 0), "{size}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_only_floods_is_cut_and_who_asks_now_and_then_is_not() {
        let (ping, mut frames) = (frame(PING, 8), Frames::new());
        let allowed = (0..10_000).take_while(|_| frames.may_go_on(&ping)).count();
        assert_eq!(allowed, 2000);
        let mut frames = Frames::new();
        for _ in 0..10_000 {
            advance(Duration::from_millis(5)).await;
            assert!(frames.may_go_on(&ping) && frames.may_go_on(&frame(0, 100)));
        }
    }
}
