//! What every verb works with.

use std::sync::Arc;

use muster_clock::Clock;
use muster_database::Database;
use muster_ids::JoinRequestName;
use muster_server::page::PageKey;
use tokio::sync::Notify;

use crate::domain::link::{Link, LinkKeys};
use crate::employees::Employees;
use crate::mails::Mails;
use crate::organization::Organization;
use crate::uploads::Uploads;
use crate::watching::Watchers;
use crate::watching::imports::ImportWatchers;

/// What every verb works with. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) database: Database,
    pub(crate) clock: Clock,
    pub(crate) organization: Organization,
    pub(crate) employees: Employees,
    pub(crate) mails: Mails,
    pub(crate) links: Links,
    /// Seals page tokens.
    pub(crate) page_key: PageKey,
    pub(crate) limits: Limits,
    pub(crate) uploads: Uploads,
    pub(crate) watchers: Watchers,
    pub(crate) import_watchers: ImportWatchers,
    /// Wakes the import worker; it looks by itself as well.
    pub(crate) import_waits: Arc<Notify>,
}

/// How much of something there may be in 24 hours, whatever the plan of an organization.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// The most mails that one person may have an organization send by hand; `None`: as many as its plan lets.
    pub(crate) messages_of_inviter: Option<i64>,
    /// The most mails to one mailbox by the invitations of an organization.
    pub(crate) mails_to_mailbox: usize,
    /// The most mails to one mailbox by all join pages together and the invitations of the organization that is asked: nobody can use
    /// them to fill a stranger's.
    pub(crate) join_mails_to_mailbox: i64,
    /// The most requests to join one organization. They do not count against the messages of its plan: whoever floods the page must not
    /// keep the organization from inviting.
    pub(crate) join_requests_to_organization: i64,
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
        format!("{}/i/{}", self.base(), self.keys.token(link))
    }

    /// Where somebody confirms the address with which they asked to join.
    pub(crate) fn join_url(&self, request: JoinRequestName) -> String {
        format!("{}/j/{}", self.base(), self.keys.join_token(request))
    }

    /// Where everybody finds what was sent to them.
    pub(crate) fn account_url(&self) -> String {
        format!("{}/invitations", self.base())
    }

    /// Where everybody finds what they have to take.
    pub(crate) fn trainings_url(&self) -> String {
        format!("{}/trainings", self.base())
    }

    /// Where all links lead to.
    pub(crate) fn site(&self) -> String {
        self.base().to_owned()
    }

    fn base(&self) -> &str {
        &self.base
    }
}
