//! The access log: one line a call, for a process that has tens of thousands of them a second.
//!
//! Lines are made without the `tracing` machinery, gathered, and written to standard output together: the first line that
//! waits is written within [`GATHERED_FOR`]. A reader of standard output that does not read delays no call: lines beyond
//! what may wait are dropped and counted (`access_lines_dropped_total`).

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{io, thread};

use tracing::Level;
use tracing::dispatcher::{self, Dispatch};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::layer::SubscriberExt;

use crate::propagation::TraceIds;
use crate::{TelemetryOptions, logs};

/// How long lines are gathered before they are written.
const GATHERED_FOR: Duration = Duration::from_millis(50);
/// What may wait to be written, in bytes.
const MOST: usize = 4 * 1024 * 1024;
/// The target of the lines, for filters and for readers.
const TARGET: &str = "muster_gateway::access";

/// Where lines of calls go. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AccessLog {
    service: &'static str,
    json: bool,
    waiting: Option<Arc<Waiting>>,
}

/// What is said about a call: nothing of its message or its token, and no name of its caller.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The full name of the method.
    pub method: &'static str,
    /// The name of its status.
    pub code: &'static str,
    /// Who called: a word that is the same for one caller and tells nobody who they are, or the network of whoever is not known.
    pub caller: &'a str,
    /// What was decided about it.
    pub decision: &'static str,
    /// The policies that decided.
    pub policies: &'a str,
    /// How long it took.
    pub duration: Duration,
    /// Its trace, recorded or not.
    pub trace: TraceIds,
}

#[derive(Debug, Default)]
struct Waiting {
    held: Mutex<Held>,
    more: Condvar,
}

#[derive(Debug, Default)]
struct Held {
    lines: Vec<u8>,
    closed: bool,
}

impl AccessLog {
    /// Writes from a thread of its own, unless the log filter leaves these lines out.
    #[must_use]
    pub fn start(options: &TelemetryOptions) -> Self {
        let waiting = is_wanted(&options.log_filter).then(|| {
            let waiting = Arc::new(Waiting::default());
            let writer = Arc::clone(&waiting);
            let started = thread::Builder::new()
                .name("access-log".to_owned())
                .spawn(move || writer.write());
            if let Err(error) = started {
                tracing::error!(%error, "there will be no access log");
                waiting.held().closed = true;
            }
            waiting
        });
        Self {
            service: options.service,
            json: options.log_format.is_json(),
            waiting,
        }
    }

    /// Says it.
    pub fn write(&self, line: Line<'_>) {
        let Some(waiting) = &self.waiting else {
            return;
        };
        let mut text = String::with_capacity(384);
        // Writing into a string does not fail.
        let _ = if self.json {
            line.json(self.service, &mut text)
        } else {
            line.human(&mut text)
        };
        waiting.put(&text);
    }

    /// Writes what waits; nothing more is written afterwards.
    pub fn close(&self) {
        if let Some(waiting) = &self.waiting {
            let rest = {
                let mut held = waiting.held();
                held.closed = true;
                std::mem::take(&mut held.lines)
            };
            waiting.more.notify_one();
            print(&rest);
        }
    }
}

/// Asked of the filter alone, once: the answer cannot change, and what is asked of all layers at every call costs more than
/// the line.
fn is_wanted(log_filter: &str) -> bool {
    let Ok(filter) = logs::filter(log_filter) else {
        return true;
    };
    let alone = Dispatch::new(tracing_subscriber::registry().with(filter));
    dispatcher::with_default(&alone, || tracing::enabled!(target: TARGET, Level::INFO))
}

impl Waiting {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, line: &str) {
        let mut held = self.held();
        if held.closed || held.lines.len() + line.len() > MOST {
            metrics::counter!("access_lines_dropped_total").increment(1);
            return;
        }
        let is_first = held.lines.is_empty();
        held.lines.extend_from_slice(line.as_bytes());
        drop(held);
        if is_first {
            self.more.notify_one();
        }
    }

    fn write(&self) {
        let mut spare = Vec::new();
        loop {
            let mut held = self.held();
            while held.lines.is_empty() && !held.closed {
                held = self.more.wait(held).unwrap_or_else(PoisonError::into_inner);
            }
            if held.closed {
                return;
            }
            drop(held);
            thread::sleep(GATHERED_FOR);
            std::mem::swap(&mut self.held().lines, &mut spare);
            print(&spare);
            spare.clear();
        }
    }
}

/// Whole lines at once, so that no other line of the log gets in between.
fn print(lines: &[u8]) {
    // Nobody is left to be told when standard output is gone.
    let _ = io::stdout().lock().write_all(lines);
}

impl Line<'_> {
    fn json(&self, service: &str, out: &mut String) -> std::fmt::Result {
        let Self {
            method,
            code,
            caller,
            decision,
            ..
        } = self;
        out.push_str("{\"time\":\"");
        SystemTime.format_time(&mut Writer::new(out))?;
        write!(
            out,
            "\",\"level\":\"INFO\",\"service\":\"{service}\",\"target\":\"{TARGET}\",\"message\":\"call\",\
             \"trace_id\":\"{trace}\",\"span_id\":\"{span}\",\"method\":\"{method}\",\"code\":\"{code}\",\
             \"caller\":\"{caller}\",\"decision\":\"{decision}\",\"policies\":{policies},\"duration_us\":{duration}}}",
            trace = self.trace.trace_id(),
            span = self.trace.span_id(),
            // The one text that people write.
            policies = serde_json::Value::from(self.policies),
            duration = self.duration.as_micros(),
        )?;
        out.push('\n');
        Ok(())
    }

    fn human(&self, out: &mut String) -> std::fmt::Result {
        let mut time = String::with_capacity(32);
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        writeln!(
            out,
            "{clock}  INFO {TARGET}: call method={} code={} caller={} decision={} policies={} duration_us={} trace={}",
            self.method,
            self.code,
            self.caller,
            self.decision,
            self.policies,
            self.duration.as_micros(),
            self.trace.trace_id(),
            clock = time.get(11..23).unwrap_or(&time),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line<'static> {
        Line {
            method: "p.S/M",
            code: "OK",
            caller: "5f1d",
            decision: "admitted",
            policies: "say-\"hello\"",
            duration: Duration::from_millis(2),
            trace: TraceIds::unrecorded(),
        }
    }

    #[test]
    fn a_line_is_one_json_object_whatever_policies_are_called() {
        let mut text = String::new();
        line().json("gateway", &mut text).unwrap();
        let read: serde_json::Value = serde_json::from_str(text.strip_suffix('\n').unwrap()).unwrap();
        assert_eq!(read["policies"], "say-\"hello\"");
        assert_eq!(read["caller"], "5f1d");
        assert_eq!(read["duration_us"], 2000);
        assert_eq!(read["trace_id"].as_str().unwrap().len(), 32);
        assert_eq!(read["span_id"].as_str().unwrap().len(), 16);
        assert!(read["time"].as_str().unwrap().ends_with('Z'));
    }

    #[test]
    fn the_log_filter_says_whether_there_are_lines() {
        for wanted in ["info", "debug", "warn,muster_gateway::access=info"] {
            assert!(is_wanted(wanted), "{wanted}");
        }
        for unwanted in ["off", "warn", "info,muster_gateway=warn"] {
            assert!(!is_wanted(unwanted), "{unwanted}");
        }
    }

    #[test]
    fn who_does_not_read_delays_nobody() {
        let waiting = Waiting::default();
        let line = "x".repeat(1024);
        for _ in 0..2 * MOST / line.len() {
            waiting.put(&line);
        }
        assert_eq!(waiting.held().lines.len(), MOST);
    }
}
