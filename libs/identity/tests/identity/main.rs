//! Tests of tokens: what is believed, and above all what is not.

#![expect(clippy::unwrap_used, reason = "tests")]

mod callers;
mod discovery;
mod issuer;
mod keys;
mod mutations;
mod persons;
mod support;
mod userinfo;
mod published_keys;
mod staff;
mod vectors;
mod workloads;
mod twice;
