//! What a delivery is and what may become of it: pure, no tonic, no SQL, no clock.

mod delivery;
mod disposition;
mod message;
mod reply;
mod schedule;

pub use delivery::{DeliveryState, History, MailRequest, Phase};
pub use disposition::{Ahead, Disposition, Outcome, Plan, decide};
pub use message::{Mail, MessageProblem, Rendered, Sender, Stamp, message_id};
pub use reply::{Reply, Severity};
pub use schedule::Jitter;
