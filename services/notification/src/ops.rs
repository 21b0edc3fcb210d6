//! The verbs: each owns its transaction.
//!
//! [`queue`] a delivery when mail is asked for; [`claim`] what is due; [`send`] it; [`settle`] what became of it;
//! [`recover`] what a dead worker left behind.

pub mod claim;
pub mod queue;
pub mod recover;
pub mod send;
pub mod settle;
