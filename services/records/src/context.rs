//! What every verb and every handler stands on.

use std::sync::Arc;

use muster_clock::{Clock, TimeZones};
use muster_database::Database;
use muster_server::page::PageKey;
use tokio::sync::Semaphore;

use crate::peers::Peers;

/// What every verb and every handler stands on. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) database: Database,
    pub(crate) clock: Clock,
    pub(crate) peers: Peers,
    pub(crate) page_key: PageKey,
    /// By which days are counted.
    pub(crate) time_zones: TimeZones,
    /// How often a person may grant one organization their record while that counts.
    pub(crate) grants_at_organization: usize,
    /// A place for each file that is being written.
    pub(crate) files: Arc<Semaphore>,
}
