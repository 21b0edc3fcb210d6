//! The latest traces in memory, and everything recent in files.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use super::span::Span;

/// Spans kept in memory, about 60 MB.
const SPAN_LIMIT: usize = 80_000;
/// Bytes of one file; there are two.
const FILE_LIMIT: u64 = 64 * 1024 * 1024;

/// A call or a message from one service to another, seen in a trace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Edge {
    pub(crate) from: String,
    pub(crate) to: String,
    /// That of the span there: `server` for a call, `consumer` for a message.
    pub(crate) kind: String,
}

/// All spans that are known, by trace.
#[derive(Debug)]
pub(crate) struct Store {
    file: PathBuf,
    out: File,
    written: u64,
    traces: HashMap<String, Vec<Span>>,
    /// The order in which traces began to arrive: the first is forgotten first.
    order: VecDeque<String>,
    count: usize,
    /// Edges of forgotten traces.
    edges: BTreeSet<Edge>,
}

impl Store {
    /// Opens the folder and reads what an earlier run has kept.
    pub(super) fn open(folder: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let file = folder.join("spans.jsonl");
        let out = open(&file)?;
        let mut store = Self {
            written: out.metadata()?.len(),
            out,
            traces: HashMap::new(),
            order: VecDeque::new(),
            count: 0,
            edges: BTreeSet::new(),
            file: file.clone(),
        };
        for kept in [older(&file), file] {
            let Ok(kept) = File::open(kept) else { continue };
            // A line cut short by a kill is left out.
            for span in BufReader::new(kept).lines().map_while(Result::ok) {
                if let Ok(span) = serde_json::from_str(&span) {
                    store.remember(span);
                }
            }
        }
        Ok(store)
    }

    /// Keeps spans: first in the file, then in memory.
    pub(super) fn add(&mut self, spans: Vec<Span>) -> anyhow::Result<()> {
        let mut lines = Vec::new();
        for span in &spans {
            serde_json::to_writer(&mut lines, span)?;
            lines.push(b'\n');
        }
        if self.written > FILE_LIMIT {
            fs::rename(&self.file, older(&self.file))?;
            self.out = open(&self.file)?;
            self.written = 0;
        }
        self.out.write_all(&lines)?;
        self.written += lines.len() as u64;
        for span in spans {
            self.remember(span);
        }
        Ok(())
    }

    /// The spans of a trace, in the order of their start.
    pub(super) fn trace(&self, id: &str) -> Option<Vec<Span>> {
        let mut spans = self.traces.get(id)?.clone();
        spans.sort_by_key(|span| (span.start, span.end));
        Some(spans)
    }

    /// Traces, the latest first.
    pub(super) fn latest(&self) -> impl Iterator<Item = &Vec<Span>> {
        self.order.iter().rev().filter_map(|id| self.traces.get(id))
    }

    /// Traces with a span that links to this one.
    pub(super) fn linking_to(&self, id: &str) -> BTreeSet<String> {
        let links = |span: &&Span| span.trace_id != id && span.links.iter().any(|link| link == id);
        let linking = self.traces.values().flatten().filter(links);
        linking.map(|span| span.trace_id.clone()).collect()
    }

    /// Every pair of services that were seen to call one another.
    pub(super) fn edges(&self) -> BTreeSet<Edge> {
        let mut edges = self.edges.clone();
        for spans in self.traces.values() {
            edges.extend(edges_of(spans));
        }
        edges
    }

    fn remember(&mut self, span: Span) {
        let trace = self.traces.entry(span.trace_id.clone()).or_insert_with(|| {
            self.order.push_back(span.trace_id.clone());
            Vec::new()
        });
        // An exporter that got no answer sends again.
        let mut recent = trace.iter().rev().take(1024);
        if recent.any(|known| known.span_id == span.span_id) {
            return;
        }
        trace.push(span);
        self.count += 1;
        while self.count > SPAN_LIMIT && self.order.len() > 1 {
            let oldest = self.order.pop_front().unwrap_or_default();
            let forgotten = self.traces.remove(&oldest).unwrap_or_default();
            self.count -= forgotten.len();
            self.edges.extend(edges_of(&forgotten));
        }
    }
}

/// Parent in one service, child in another: by the span itself, or by the service its message came from.
fn edges_of(spans: &[Span]) -> Vec<Edge> {
    let known = spans.iter().map(|span| (span.span_id.as_str(), &span.service));
    let service: HashMap<&str, &String> = known.collect();
    let edge = |span: &Span| {
        let (from, to) = (*service.get(span.parent_span_id.as_str())?, &span.service);
        (from != to).then(|| Edge {
            from: from.clone(),
            to: to.clone(),
            kind: span.kind.clone(),
        })
    };
    spans.iter().filter_map(edge).collect()
}

fn open(file: &Path) -> anyhow::Result<File> {
    let opened = OpenOptions::new().create(true).append(true).open(file);
    opened.with_context(|| format!("cannot open {}", file.display()))
}

fn older(file: &Path) -> PathBuf {
    file.with_extension("older.jsonl")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(id: &str, parent: &str, service: &str) -> Span {
        Span {
            trace_id: "trace".to_owned(),
            span_id: id.to_owned(),
            parent_span_id: parent.to_owned(),
            service: service.to_owned(),
            name: "work".to_owned(),
            kind: "server".to_owned(),
            start: 1,
            end: 2,
            error: None,
            attributes: Default::default(),
            links: vec!["other".to_owned()],
        }
    }

    #[test]
    fn spans_survive_a_restart_and_make_edges_whatever_their_order() {
        let folder = std::env::temp_dir().join(format!("muster-traces-{}", std::process::id()));
        let mut store = Store::open(&folder).unwrap();
        store
            .add(vec![span("c", "b", "invitation"), span("b", "a", "gateway")])
            .unwrap();
        store
            .add(vec![span("a", "", "gateway"), span("a", "", "gateway")])
            .unwrap();
        drop(store);

        let store = Store::open(&folder).unwrap();
        assert_eq!(store.trace("trace").unwrap().len(), 3);
        let edge = Edge {
            from: "gateway".to_owned(),
            to: "invitation".to_owned(),
            kind: "server".to_owned(),
        };
        assert_eq!(store.edges(), BTreeSet::from([edge]));
        assert!(store.linking_to("other").contains("trace"));
        let _ = fs::remove_dir_all(&folder);
    }
}
