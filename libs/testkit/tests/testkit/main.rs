//! What the test support itself promises.

mod databases;
mod migrations;
