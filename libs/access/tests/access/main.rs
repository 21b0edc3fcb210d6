//! Tests of the rules: descriptors made of source text, and the real ones.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod call_graph;
mod contract;
mod problems;
mod rules;
mod scan;
mod support;
