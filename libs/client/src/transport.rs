//! One call on its way: the connection, the deadline, and when it may be sent again. Services call each other by the same
//! rules (`muster_server::Peer`).
//!
//! A call that never left this process is sent again whatever it asks for; one whose connection broke, or that was answered
//! UNAVAILABLE, only where the contract says that a repetition does no harm. Three attempts, never past the deadline, and
//! never more than the [`RetryBudget`] has: when everything fails, retries would only add load.

mod attempt;
mod bounded;
mod budget;
mod channel;
mod limits;
mod retry;
mod timeout;

pub use attempt::Failure;
pub use bounded::Bounded;
pub use budget::RetryBudget;
pub use channel::{channel, endpoint};
pub use limits::Limits;
pub use retry::send;
pub use timeout::grpc_timeout;
