//! The notification service against a real database, a real broker, and a mail server that breaks where it is told to.

mod crashes;
mod kills;
mod mail_source;
mod owner;
mod phases;
mod smtp_server;
mod world;
