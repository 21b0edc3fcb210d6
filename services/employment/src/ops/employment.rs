//! Verbs on employments.

mod access;
pub(crate) mod asked;
pub(crate) mod batch;
pub(crate) mod batch_end;
pub(crate) mod batch_verify;
mod change;
pub(crate) mod claim;
pub(crate) mod correct;
mod days;
pub(crate) mod edit;
pub(crate) mod employ;
pub(crate) mod employ_director;
pub(crate) mod employ_invitee;
pub(crate) mod end;
pub(crate) mod end_due;
pub(crate) mod latest;
pub(crate) mod own_employment;
mod owner;
pub(crate) mod place;
mod positions;
pub(crate) mod reject;
pub(crate) mod remind;
pub(crate) mod today;
pub(crate) mod undo_end;
pub(crate) mod verify;
pub(crate) mod verify_owner;
pub(crate) mod withdraw;
