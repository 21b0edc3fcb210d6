//! What callers may ask: parse, look, map.

mod convert;
mod deliveries;

use muster_database::Database;
use muster_server::page::PageKey;

/// Answers the service's RPCs.
#[derive(Debug, Clone)]
pub struct Rpc {
    /// Where deliveries are.
    pub database: Database,
    /// Seals page tokens.
    pub page_key: PageKey,
}
