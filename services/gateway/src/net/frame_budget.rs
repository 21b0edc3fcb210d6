//! How many HTTP/2 frames that carry no call a connection may send, counted as their bytes come.
//!
//! SETTINGS and PING must be acknowledged, PRIORITY and frames of unknown kinds be passed over (RFC 9113, sections 5.1.1 and
//! 6): each costs its sender nine bytes or a few more, and a flood of them keeps this process busy for nothing
//! (CVE-2019-9512, CVE-2019-9515). Clients need some: for settings, keep-alive and measuring bandwidth.

use tokio::time::Instant;

const HEADER: usize = 9;
const PRIORITY: u8 = 2;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const CONTINUATION: u8 = 9;

/// So many may come at once, and then so many a second. Clients that measure a connection ping at each of its round trips
/// while much is read: some hundred a second at most.
const BURST: f64 = 2000.0;
const PER_SECOND: f64 = 500.0;

/// Where in its frames a connection is, and how many control frames it may still send.
#[derive(Debug)]
pub(crate) struct FrameBudget {
    header: [u8; HEADER],
    read: usize,
    /// What is left of the payload.
    payload: usize,
    left: f64,
    at: Instant,
}

impl FrameBudget {
    /// Of a connection that has sent its preface.
    pub(crate) fn new() -> Self {
        Self {
            header: [0; HEADER],
            read: 0,
            payload: 0,
            left: BURST,
            at: Instant::now(),
        }
    }

    /// Counts the frames in the next bytes; whether the connection is still within its budget.
    pub(crate) fn allows(&mut self, bytes: &[u8]) -> bool {
        let control = self.count(bytes);
        if control == 0 {
            return true;
        }
        let now = Instant::now();
        let more = (now - self.at).as_secs_f64() * PER_SECOND;
        (self.at, self.left) = (now, (self.left + more).min(BURST) - f64::from(control));
        self.left >= 0.0
    }

    /// How many control frames begin in these bytes.
    fn count(&mut self, mut bytes: &[u8]) -> u32 {
        let mut control = 0;
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
                return control;
            }
            bytes = bytes.get(wanted..).unwrap_or_default();
            self.read = 0;
            let [a, b, c, kind, ..] = self.header;
            self.payload = u32::from_be_bytes([0, a, b, c]) as usize;
            control += u32::from(matches!(kind, PRIORITY | SETTINGS | PING) || kind > CONTINUATION);
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
            let mut frames = FrameBudget::new();
            let control: u32 = bytes.chunks(size).map(|chunk| frames.count(chunk)).sum();
            assert_eq!((control, frames.read, frames.payload), (4, 0, 0), "{size}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_cut_and_a_ping_now_and_then_is_not() {
        let (ping, mut frames) = (frame(PING, 8), FrameBudget::new());
        let allowed = (0..10_000).take_while(|_| frames.allows(&ping)).count();
        assert_eq!(allowed, 2000);
        let mut frames = FrameBudget::new();
        for _ in 0..10_000 {
            advance(Duration::from_millis(5)).await;
            assert!(frames.allows(&ping) && frames.allows(&frame(0, 100)));
        }
    }
}
