//! Spreadsheets: uploaded, previewed, decided on, applied.

mod apply;
pub(crate) mod approve;
pub(crate) mod disapprove;
mod preview;
pub(crate) mod purge;
pub(crate) mod refused;
pub(crate) mod template;
pub(crate) mod upload;
pub(crate) mod worker;
