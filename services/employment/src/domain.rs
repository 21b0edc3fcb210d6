//! What an employment is, and the rule by which one begins: no transport, no storage, no clock.

mod employment;
mod hiring;

pub(crate) use employment::{Employment, EmploymentState};
pub(crate) use hiring::{Hiring, Invited, Source, Standing};
