//! What is done to deliveries: [`request`] one when mail is asked for; [`claim`] what is due; [`settle`] what became of an
//! attempt; [`recover`] what a dead worker left behind; [`bounce`] what came back. The attempt itself is the worker's ([`crate::worker`]): it holds
//! no transaction while it talks to others.

pub mod bounce;
pub mod claim;
pub mod recover;
pub mod request;
pub mod settle;
