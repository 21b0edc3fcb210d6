//! Messages between two databases through a real broker, with everything going wrong in between.

mod broker_away;
mod database_away;
mod inbox;
mod loss;
mod order;
mod outbox;
mod parked;
mod proxy;
mod unroutable;
mod world;
