//! The surface that handlers stand on: the call they are given, and how its names, pages, masks, versions and failures are
//! read and told.

mod answers;
mod call;
pub mod convert;
pub mod etag;
pub mod failure;
mod keyed_limit;
pub mod mails;
pub mod names;
pub mod page;
pub mod update;

pub use answers::{AnswerSink, Answers, Gone, answers};
pub use call::{Call, Parsed, StreamCall};
pub use failure::Failure;
pub use keyed_limit::{KeyedLimit, KeyedPermit};
