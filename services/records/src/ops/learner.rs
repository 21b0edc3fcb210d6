//! What is done about learners.

pub(crate) mod know;
