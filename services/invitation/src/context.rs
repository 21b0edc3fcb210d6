//! What every verb works with.

use std::sync::Arc;

use muster_clock::Clock;
use muster_database::Database;
use muster_server::page::PageKey;
use tokio::sync::Notify;

use crate::domain::link::{Link, LinkKeys};
use crate::ops::get_mail::Mails;
use crate::organization::Organization;
use crate::uploads::Uploads;

/// What every verb works with. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) database: Database,
    pub(crate) clock: Clock,
    pub(crate) organization: Organization,
    pub(crate) mails: Mails,
    pub(crate) links: Links,
    /// Seals page tokens.
    pub(crate) page_key: PageKey,
    pub(crate) uploads: Uploads,
    /// Wakes the import worker; it looks by itself as well.
    pub(crate) import_waits: Arc<Notify>,
}

/// Makes and reads links.
#[derive(Debug, Clone)]
pub(crate) struct Links {
    pub(crate) keys: LinkKeys,
    /// What stands before `/i/{token}`.
    pub(crate) base: Arc<str>,
}

impl Links {
    /// The whole link: the same bytes at every sending.
    pub(crate) fn url(&self, link: Link) -> String {
        format!("{}/i/{}", self.base.trim_end_matches('/'), self.keys.token(link))
    }
}
