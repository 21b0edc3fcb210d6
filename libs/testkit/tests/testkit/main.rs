//! What the test support itself promises, and what holds of all services alike.

mod databases;
mod services;
