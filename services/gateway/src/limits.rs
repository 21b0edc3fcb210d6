//! How much one client, one caller and all of them together may use at the same time, and how often they may call.
//!
//! Each limit hands out a permit that gives back on drop what it holds. Nobody waits in line: whoever finds a limit
//! reached is refused.

mod caller_key;
mod client_address;
mod concurrency_limit;
mod network;
mod rate;
mod read_debt;
mod request_guard;
mod send_buffer_budget;

pub(crate) use caller_key::CallerKey;
pub(crate) use client_address::ClientAddress;
pub(crate) use concurrency_limit::{ConcurrencyLimit, Permit};
pub(crate) use network::network;
pub(crate) use rate::RateLimiter;
pub(crate) use read_debt::{NetworkDebts, ReadDebt};
pub(crate) use request_guard::RequestGuard;
pub(crate) use send_buffer_budget::{SendBufferBudget, SendBufferPermit};
