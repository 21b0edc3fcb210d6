//! What a delivery is and what may become of it: pure, no tonic, no SQL, no clock.

mod decision;
mod delivery;
mod reply;
mod schedule;

pub use decision::{Disposition, Outcome, RetryConditions, RetryDecision, decide};
pub use delivery::{
    Claimed, Delivery, DeliveryState, HandedOver, History, Lease, MailRequest, Phase, SentCopy, StillSending,
};
pub use reply::{Reply, Severity, reported};
pub use schedule::Jitter;
