//! From the domain to messages, exhaustively.

use muster_address::DomainRule;
use muster_proto::organization::v1 as pb;
use muster_server::convert::timestamp;
use muster_server::etag::etag;

use super::Settings;
use crate::domain::{JoinPage, Need};

impl From<Settings> for pb::JoinPage {
    fn from(Settings { page, ground }: Settings) -> Self {
        let (name, missing, is_open) = (page.name(), page.missing(ground), page.is_open(ground));
        let JoinPage {
            organization: _,
            version,
            is_enabled,
            slug,
            allowed_domains,
            enabled_by: _,
            update_time,
        } = page;
        let slug = slug.map(|slug| slug.as_str().to_owned());
        Self {
            name: name.to_string(),
            etag: etag(version),
            enabled: is_enabled,
            path: slug
                .as_ref()
                .map(|slug| format!("/join/{slug}"))
                .unwrap_or_default(),
            slug: slug.unwrap_or_default(),
            allowed_domains: rules(&allowed_domains),
            missing: missing
                .into_iter()
                .map(|need| pb::JoinPageNeed::from(need).into())
                .collect(),
            is_open,
            update_time: update_time.map(timestamp),
        }
    }
}

impl From<Need> for pb::JoinPageNeed {
    fn from(need: Need) -> Self {
        match need {
            Need::Slug => Self::Slug,
            Need::ActiveOrganization => Self::ActiveOrganization,
            Need::Subscription => Self::Subscription,
            Need::Group => Self::Group,
            Need::Location => Self::Location,
        }
    }
}

/// As people write them.
pub(in crate::rpc) fn rules(rules: &[DomainRule]) -> Vec<String> {
    rules.iter().map(|rule| rule.as_str().to_owned()).collect()
}
