//! From the domain to messages, exhaustively.

use muster_address::DomainRule;
use muster_language::Language;
use muster_proto::HttpBody;
use muster_proto::organization::v1 as pb;
use muster_server::convert::timestamp;
use muster_server::etag::etag;

use super::Settings;
use crate::domain::{JoinPage, Logo, Need, Picture};

impl From<Settings> for pb::JoinPage {
    fn from(settings: Settings) -> Self {
        let Settings {
            page,
            ground,
            language,
            public_url,
            logo,
        } = settings;
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
        let path = slug
            .as_ref()
            .map(|slug| format!("/join/{slug}"))
            .unwrap_or_default();
        let base = public_url.filter(|_| !path.is_empty());
        let allowed_domains = rules(&allowed_domains);
        Self {
            name: name.to_string(),
            etag: etag(version),
            enabled: is_enabled,
            url: base
                .map(|base| format!("{}{path}", base.as_str()))
                .unwrap_or_default(),
            path,
            caution: caution(language, &allowed_domains),
            slug: slug.unwrap_or_default(),
            allowed_domains,
            missing: missing
                .into_iter()
                .map(|need| pb::JoinPageNeed::from(need).into())
                .collect(),
            is_open,
            update_time: update_time.map(timestamp),
            logo: logo.map(Into::into),
        }
    }
}

impl From<Logo> for pb::JoinPageLogo {
    fn from(logo: Logo) -> Self {
        let Logo {
            organization: _,
            picture,
            set_by: _,
            set_time,
        } = logo;
        let pixels = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
        Self {
            etag: picture.digest,
            width: pixels(picture.width),
            height: pixels(picture.height),
            set_time: Some(timestamp(set_time)),
        }
    }
}

impl From<Picture> for pb::LookupJoinPageLogoResponse {
    fn from(picture: Picture) -> Self {
        let Picture {
            png,
            digest,
            width: _,
            height: _,
        } = picture;
        Self {
            file: Some(HttpBody {
                content_type: "image/png".to_owned(),
                data: png,
                extensions: Vec::new(),
            }),
            file_name: "logo.png".to_owned(),
            etag: digest,
        }
    }
}

/// What to know before the link is passed on.
fn caution(language: Language, allowed: &[String]) -> String {
    let everybody = allowed.is_empty();
    let whom = allowed.join(", ");
    match language {
        Language::English if everybody => "This is a public link. Anyone with the link can use this page to join your organization as \
             a learner. Use caution when sharing it, or list the domains of addresses that may join to restrict access."
            .to_owned(),
        Language::English => format!(
            "This is a public link. Anyone with the link and an address of {whom} can use this page to join your organization as a \
             learner. Use caution when sharing it."
        ),
        Language::Spanish if everybody => "Este enlace es público. Cualquiera que lo tenga puede usar esta página para unirse a su \
             organización. Compártalo con cuidado, o indique los dominios de las direcciones que pueden unirse para restringir el acceso."
            .to_owned(),
        Language::Spanish => format!(
            "Este enlace es público. Cualquiera que lo tenga, y tenga una dirección de {whom}, puede usar esta página para unirse a su \
             organización. Compártalo con cuidado."
        ),
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
