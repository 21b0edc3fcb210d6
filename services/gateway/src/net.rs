//! Connections: accepted, secured by TLS, and bounded in what they may make this process do before a request is there.

mod cancel_budget;
mod connection;
mod file_descriptors;
mod frame_budget;
mod leaving;
mod listener;
mod request_body;
mod request_head;
mod silence;
mod trusted_proxies;
mod worker_threads;
mod yielding_reader;

pub(crate) use cancel_budget::CancelBudget;
pub(crate) use connection::ConnectionContext;
pub(crate) use file_descriptors::raise_limit as raise_file_limit;
pub(crate) use listener::serve;
pub use trusted_proxies::{InvalidProxies, TrustedProxies};
pub(crate) use worker_threads::WorkerThreads;
