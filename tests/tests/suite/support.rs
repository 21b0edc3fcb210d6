//! The running suite, and what tests need around it.

mod browser;
mod mail;
mod organization;
mod raw;
mod suite;

pub(crate) use browser::Browser;
pub(crate) use mail::link_for;
pub(crate) use organization::Organization;
pub(crate) use raw::{RawCall, Reply};
pub(crate) use suite::{Suite, alone, with_others};
