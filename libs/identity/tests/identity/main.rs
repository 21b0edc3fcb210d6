//! Tests of tokens: what is believed, and above all what is not.

#![expect(clippy::unwrap_used, reason = "tests")]

mod callers;
mod discovery;
mod documents;
mod issuer;
mod keys;
mod lines;
mod mutations;
mod persons;
mod published_keys;
mod staff;
mod support;
mod twice;
mod userinfo;
mod vectors;
mod workloads;
