//! The verbs, on what the service has: deliveries.

pub mod delivery;
