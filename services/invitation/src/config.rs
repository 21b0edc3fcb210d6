//! What this service is told beyond what every service is told.

use std::sync::Arc;

use muster_server::page::PageSettings;
use muster_server::settings::{PeerUrls, PublicUrl, Seconds};

use crate::context::{Limits, Links};
use crate::domain::link::LinkKeys;

/// Settings of the invitation service.
#[derive(Clone, Debug, clap::Args)]
pub struct Settings {
    /// Where the organization service answers: one URL, or that of each replica with commas between them
    #[arg(long, env = "MUSTER_ORGANIZATION_URL", value_name = "URL")]
    pub organization_url: PeerUrls,
    /// Where the employment service answers: one URL, or that of each replica with commas between them
    #[arg(long, env = "MUSTER_EMPLOYMENT_URL", value_name = "URL")]
    pub employment_url: PeerUrls,
    /// File with the keys of links: `current = "k1"`, and `[keys]` with `k1 = "<base64 of 32 bytes>"`
    #[arg(long, env = "MUSTER_LINK_KEYS", value_name = "FILE", value_parser = link_keys)]
    pub link_keys: LinkKeyRing,
    /// What links begin with: the public URL of the pages
    #[arg(long, env = "MUSTER_PUBLIC_URL", value_name = "URL")]
    pub public_url: PublicUrl,
    /// How long an upload may take for each 32 KiB before it is ended, in seconds
    #[arg(
        long,
        env = "MUSTER_UPLOAD_IDLE",
        value_name = "SECONDS",
        default_value = "10"
    )]
    pub upload_idle: Seconds,
    /// How many imports of an organization may wait for a decision at the same time
    #[arg(
        long,
        env = "MUSTER_UNDECIDED_IMPORTS",
        value_name = "NUMBER",
        default_value = "50"
    )]
    pub undecided_imports: u32,
    /// How many mails one person may have an organization send by hand within 24 hours; 0: as many as its plan lets
    #[arg(
        long,
        env = "MUSTER_MESSAGES_OF_INVITER",
        value_name = "NUMBER",
        default_value = "2000"
    )]
    pub messages_of_inviter: u32,
    /// How many mails the invitations of an organization bring to one mailbox within 24 hours, at most: 1 to 50
    #[arg(
        long,
        env = "MUSTER_MAILS_TO_MAILBOX",
        value_name = "NUMBER",
        default_value = "3"
    )]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=50))]
    pub mails_to_mailbox: u16,
    /// How many mails all join pages together bring to one mailbox within 24 hours, with those that the invitations of the
    /// organization bring that is asked: 1 to 50
    #[arg(
        long,
        env = "MUSTER_JOIN_MAILS_TO_MAILBOX",
        value_name = "NUMBER",
        default_value = "3"
    )]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=50))]
    pub join_mails_to_mailbox: u16,
    /// How many requests to join one organization takes within 24 hours, at most: 1 to 1000000
    #[arg(
        long,
        env = "MUSTER_JOIN_REQUESTS_TO_ORGANIZATION",
        value_name = "NUMBER",
        default_value = "1000"
    )]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub join_requests_to_organization: u32,
    /// The key of page tokens.
    #[command(flatten)]
    pub page: PageSettings,
}

/// The keys of links, read from their file. Never shown.
#[derive(Clone, Debug)]
pub struct LinkKeyRing(LinkKeys);

impl Settings {
    /// The settings whose files are marked as development keys.
    pub(crate) fn development_keys(&self) -> Vec<&'static str> {
        let link_keys = self.link_keys.0.is_development();
        let link_keys = link_keys.then_some("--link-keys (MUSTER_LINK_KEYS)");
        self.page.development_key().into_iter().chain(link_keys).collect()
    }

    pub(crate) fn limits(&self) -> Limits {
        Limits {
            messages_of_inviter: Some(self.messages_of_inviter.into()).filter(|limit| *limit > 0),
            mails_to_mailbox: self.mails_to_mailbox.into(),
            join_mails_to_mailbox: self.join_mails_to_mailbox.into(),
            join_requests_to_organization: self.join_requests_to_organization.into(),
        }
    }

    pub(crate) fn links(&self) -> Links {
        Links {
            keys: self.link_keys.0.clone(),
            base: Arc::from(self.public_url.as_str()),
        }
    }
}

fn link_keys(path: &str) -> Result<LinkKeyRing, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))?;
    LinkKeys::parse(&text)
        .map(LinkKeyRing)
        .map_err(|problem| problem.to_string())
}
