//! What comes back: mail servers that took a message and could not deliver it report that to its return path (RFC 3464, RFC 5321, section
//! 3.7), and the operators' mail server hands these reports in here (RFC 2033).
//!
//! Each message has a return path of its own ([`ReturnPaths`]), signed, so that nobody can say of somebody else's mail that it came
//! back. Anybody on the Internet can write to it: what is read here is bounded in length, number and time, and believed as far as the
//! signature goes. Nothing is ever sent from here, and a mail that is no report changes nothing.

mod command;
mod conversation;
mod incoming;
mod keys;
mod receiver;
mod report;
mod return_path;

pub use keys::{BounceKeys, BounceKeysProblem};
pub use receiver::{Encryption, Receiver};
pub use return_path::{BounceAddress, BounceAddressProblem, ReturnPaths};
