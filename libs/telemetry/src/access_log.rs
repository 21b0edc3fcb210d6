//! The access log: one line a call, for a process that has tens of thousands of them a second.
//!
//! Lines are made without the `tracing` machinery, gathered, and written to standard output together: the first line that
//! waits is written within [`GATHERED_FOR`]. A reader of standard output that does not read delays no call: lines beyond
//! what may wait are dropped and counted (`access_lines_dropped_total`). It keeps no process from ending, either.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;
use std::{io, thread};

use tracing::Level;
use tracing::dispatcher::{self, Dispatch};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::layer::SubscriberExt;
use uuid::Uuid;

use crate::propagation::TraceIds;
use crate::{TelemetryOptions, logs};

/// How long lines are gathered before they are written.
const GATHERED_FOR: Duration = Duration::from_millis(50);
/// How long the last lines may take: nobody may be reading.
const CLOSED_WITHIN: Duration = Duration::from_secs(2);
/// How long it may take to say that they were not written: standard error may lead to where nobody reads, too.
const SAID_WITHIN: Duration = Duration::from_millis(200);
/// What may wait to be written, in bytes.
const MAX_BUFFERED_BYTES: usize = 4 * 1024 * 1024;
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
    /// What they were asked, if they were.
    pub asked: Option<PolicyDecision>,
    /// How long it took.
    pub duration: Duration,
    /// Its trace, recorded or not.
    pub trace: TraceIds,
}

/// What policies were asked about a caller, and what they said: enough to ask others the same later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyDecision {
    /// The caller's role in the organization; empty: none.
    pub role: &'static str,
    /// Whether the caller is registry staff.
    pub staff: bool,
    /// The organization that the call is about; `None`: the platform.
    pub organization: Option<Uuid>,
    /// What they said. A stream may be refused later all the same.
    pub permitted: bool,
}

#[derive(Debug, Default)]
struct Waiting {
    held: Mutex<Buffer>,
    more: Condvar,
    written: Condvar,
}

#[derive(Debug, Default)]
struct Buffer {
    lines: Vec<u8>,
    closed: bool,
    /// Nothing is left to be written.
    ended: bool,
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
                .spawn(move || writer.write(print));
            if let Err(error) = started {
                tracing::error!(%error, "there will be no access log");
                let mut held = waiting.held();
                (held.closed, held.ended) = (true, true);
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

    /// Writes what waits, in so far as somebody reads it within moments; nothing more is written afterwards. `false`: nobody
    /// reads standard output, and whoever writes there waits for ever.
    #[must_use]
    pub fn close(&self) -> bool {
        let Some(waiting) = &self.waiting else {
            return true;
        };
        let written = waiting.end(CLOSED_WITHIN);
        if !written {
            say(format!(
                "the last lines of the access log were not written within {CLOSED_WITHIN:?}: nobody reads standard output\n"
            ));
        }
        written
    }
}

/// PolicyDecision of the filter alone, once: the answer cannot change, and what is asked of all layers at every call costs more than
/// the line.
fn is_wanted(log_filter: &str) -> bool {
    let Ok(filter) = logs::filter(log_filter) else {
        return true;
    };
    let alone = Dispatch::new(tracing_subscriber::registry().with(filter));
    dispatcher::with_default(&alone, || tracing::enabled!(target: TARGET, Level::INFO))
}

impl Waiting {
    fn held(&self) -> MutexGuard<'_, Buffer> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, line: &str) {
        let mut held = self.held();
        if held.closed || held.lines.len() + line.len() > MAX_BUFFERED_BYTES {
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

    /// Writes until the end, in the thread that is for it: no other may have to wait for a reader.
    fn write(&self, mut print: impl FnMut(&[u8])) {
        let mut spare = Vec::new();
        loop {
            let mut held = self.held();
            while held.lines.is_empty() && !held.closed {
                held = self.more.wait(held).unwrap_or_else(PoisonError::into_inner);
            }
            let is_last = held.closed;
            drop(held);
            if !is_last {
                thread::sleep(GATHERED_FOR);
            }
            std::mem::swap(&mut self.held().lines, &mut spare);
            print(&spare);
            spare.clear();
            if is_last {
                self.held().ended = true;
                self.written.notify_all();
                return;
            }
        }
    }

    /// Takes no more lines. Whether those that waited were written in time.
    fn end(&self, limit: Duration) -> bool {
        let mut held = self.held();
        held.closed = true;
        self.more.notify_one();
        let ending = self.written.wait_timeout_while(held, limit, |held| !held.ended);
        let (held, _) = ending.unwrap_or_else(PoisonError::into_inner);
        held.ended
    }
}

/// Says it on standard error, if that can be done within moments.
fn say(text: String) {
    let (said, saying) = mpsc::channel();
    let started = thread::Builder::new().spawn(move || {
        let _ = io::stderr().lock().write_all(text.as_bytes());
        let _ = said.send(());
    });
    if started.is_ok() {
        let _ = saying.recv_timeout(SAID_WITHIN);
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
             \"caller\":\"{caller}\",\"decision\":\"{decision}\",\"policies\":{policies},\"duration_us\":{duration}",
            trace = self.trace.trace_id(),
            span = self.trace.span_id(),
            // The one text that people write.
            policies = serde_json::Value::from(self.policies),
            duration = self.duration.as_micros(),
        )?;
        if let Some(PolicyDecision {
            role,
            staff,
            organization,
            permitted,
        }) = self.asked
        {
            write!(
                out,
                ",\"role\":\"{role}\",\"staff\":{staff},\"permitted\":{permitted}"
            )?;
            if let Some(organization) = organization {
                write!(out, ",\"organization\":\"{organization}\"")?;
            }
        }
        out.push_str("}\n");
        Ok(())
    }

    fn human(&self, out: &mut String) -> std::fmt::Result {
        let mut time = String::with_capacity(32);
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        write!(
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
        )?;
        if let Some(PolicyDecision {
            role,
            staff,
            organization,
            permitted,
        }) = self.asked
        {
            write!(out, " role={role} staff={staff} permitted={permitted}")?;
            if let Some(organization) = organization {
                write!(out, " organization={organization}")?;
            }
        }
        out.push('\n');
        Ok(())
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
            asked: Some(PolicyDecision {
                role: "OWNER",
                staff: false,
                organization: Some(Uuid::nil()),
                permitted: true,
            }),
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
        assert_eq!(read["role"], "OWNER");
        assert_eq!(read["staff"], false);
        assert_eq!(read["permitted"], true);
        assert_eq!(read["organization"], Uuid::nil().to_string());
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
        for _ in 0..2 * MAX_BUFFERED_BYTES / line.len() {
            waiting.put(&line);
        }
        assert_eq!(waiting.held().lines.len(), MAX_BUFFERED_BYTES);
    }

    #[test]
    fn the_last_lines_are_written_before_it_is_closed() {
        let (waiting, written) = (Arc::new(Waiting::default()), Arc::new(Mutex::new(Vec::new())));
        let (writer, lines) = (Arc::clone(&waiting), Arc::clone(&written));
        let writing =
            thread::spawn(move || writer.write(|text| lines.lock().unwrap().extend_from_slice(text)));
        waiting.put("first\n");
        thread::sleep(GATHERED_FOR * 2);
        waiting.put("last\n");
        assert!(waiting.end(Duration::from_secs(30)));
        assert!(
            waiting.end(Duration::ZERO),
            "whoever closes it again does not wait"
        );
        waiting.put("too late\n");
        writing.join().unwrap();
        assert_eq!(*written.lock().unwrap(), b"first\nlast\n");
    }

    #[test]
    fn who_does_not_read_keeps_no_process_from_ending() {
        let waiting = Arc::new(Waiting::default());
        let writer = Arc::clone(&waiting);
        let (read, reading) = mpsc::channel::<()>();
        let writing = thread::spawn(move || {
            writer.write(|_| {
                // Until the reader goes.
                let _ = reading.recv();
            });
        });
        waiting.put("line\n");
        thread::sleep(GATHERED_FOR * 2);
        waiting.put("another\n");
        assert!(!waiting.end(Duration::from_millis(50)));
        drop(read);
        writing.join().unwrap();
    }
}
