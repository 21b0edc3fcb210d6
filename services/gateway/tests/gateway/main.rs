//! Tests of the gateway: the real process on a real port, an issuer, and a service behind it that writes down what it gets.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod abuse;
mod access;
mod addresses;
mod authorization;
mod backend;
mod browser;
mod calls;
mod choice;
mod consent;
mod consents;
mod cors;
mod declining;

mod generated;
mod http;
mod issuer;
mod joining;
mod languages;
mod logo;
mod matrix;
mod mine;
mod overload;
mod pages;
mod policies;
mod readiness;
mod router;
mod staff_reads;
mod streams;
mod support;
mod tls;
mod trainings;
mod wire;
