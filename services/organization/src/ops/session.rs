//! Sessions of the edge's pages.

pub(crate) mod end;
