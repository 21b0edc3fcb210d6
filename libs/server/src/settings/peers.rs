//! Where other services answer.

use std::iter::once;
use std::str::FromStr;

use http::Uri;
use thiserror::Error;

/// One place where another service answers: `http://organization:8080` or `https://…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerUrl(Uri);

impl PeerUrl {
    /// The URL.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.0
    }

    /// Its host: a name, or an address without the brackets of IPv6.
    #[must_use]
    pub fn host(&self) -> &str {
        let host = self.0.host().unwrap_or_default();
        host.trim_start_matches('[').trim_end_matches(']')
    }

    /// Its port, or that of its scheme.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0
            .port_u16()
            .unwrap_or(if self.is_https() { 443 } else { 80 })
    }

    /// Whether it is called by TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }
}

/// The text is no URL of a service.
#[derive(Debug, Error)]
#[error("is not a URL such as http://organization:8080")]
pub struct NotPeerUrl;

impl FromStr for PeerUrl {
    type Err = NotPeerUrl;

    fn from_str(text: &str) -> Result<Self, NotPeerUrl> {
        let uri: Uri = text.parse().map_err(|_| NotPeerUrl)?;
        let usable = matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some();
        if usable && matches!(uri.path(), "" | "/") {
            Ok(Self(uri))
        } else {
            Err(NotPeerUrl)
        }
    }
}

/// Where another service answers. One URL: whoever its name stands for, now and later, such as the replicas behind a
/// headless service of Kubernetes. Several, `http://10.0.0.1:8080,http://10.0.0.2:8080`: one of each replica. Calls name the
/// first one as their authority, wherever they go; by TLS each replica shows a certificate for the host of its own URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerUrls {
    first: PeerUrl,
    others: Vec<PeerUrl>,
}

impl PeerUrls {
    /// The first, or only, one.
    #[must_use]
    pub fn first(&self) -> &PeerUrl {
        &self.first
    }

    /// Each, in the order of the setting.
    pub fn iter(&self) -> impl Iterator<Item = &PeerUrl> {
        once(&self.first).chain(&self.others)
    }

    /// Each with a name for what is there: that of the service, with the URL where there are several.
    pub fn named(&self, service: &str) -> impl Iterator<Item = (String, &PeerUrl)> {
        self.iter().map(move |url| {
            let name = if self.are_several() {
                format!("{service} at {}", url.uri())
            } else {
                service.to_owned()
            };
            (name, url)
        })
    }

    /// Whether there is one of each replica, so that nobody else says which of them are ready.
    #[must_use]
    pub fn are_several(&self) -> bool {
        !self.others.is_empty()
    }

    /// Whether they are called by TLS: all of them, or none.
    #[must_use]
    pub fn are_https(&self) -> bool {
        self.first.is_https()
    }
}

impl From<PeerUrl> for PeerUrls {
    fn from(first: PeerUrl) -> Self {
        Self {
            first,
            others: Vec::new(),
        }
    }
}

/// The text tells no URLs of a service.
#[derive(Debug, Error)]
pub enum NotPeerUrls {
    /// One of them is none.
    #[error(transparent)]
    Url(#[from] NotPeerUrl),
    /// Tokens of calls would be encrypted on the way to one replica, and not to the next.
    #[error("names both http and https: use one for all")]
    Mixed,
}

impl FromStr for PeerUrls {
    type Err = NotPeerUrls;

    fn from_str(text: &str) -> Result<Self, NotPeerUrls> {
        let (first, others) = text.split_once(',').unwrap_or((text, ""));
        let first: PeerUrl = first.trim().parse()?;
        let others = others.split(',').map(str::trim);
        let others: Vec<PeerUrl> = others
            // A comma at the end is forgiven.
            .filter(|url| !url.is_empty())
            .map(str::parse::<PeerUrl>)
            .collect::<Result<_, _>>()?;
        if others.iter().any(|other| other.is_https() != first.is_https()) {
            return Err(NotPeerUrls::Mixed);
        }
        Ok(Self { first, others })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_url_has_scheme_and_host_and_no_path() {
        assert!("http://organization:8080".parse::<PeerUrl>().is_ok());
        assert!("https://organization/".parse::<PeerUrl>().is_ok());
        for bad in [
            "organization:8080",
            "ftp://organization",
            "http://organization/x",
            "",
        ] {
            assert!(bad.parse::<PeerUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn replicas_are_told_one_by_one() {
        let told = |text: &str| -> Result<Vec<String>, String> {
            let urls: PeerUrls = text.parse().map_err(|error: NotPeerUrls| error.to_string())?;
            assert_eq!(urls.are_several(), urls.iter().count() > 1, "{text}");
            Ok(urls.iter().map(|url| url.uri().to_string()).collect())
        };
        assert_eq!(told("http://a:1").unwrap(), ["http://a:1/"]);
        let two = ["https://a:1/", "https://b:2/"];
        assert_eq!(told("https://a:1,https://b:2").unwrap(), two);
        assert_eq!(told("https://a:1 , https://b:2,").unwrap(), two);
        assert_eq!(
            told("http://[::1]:1,http://b").unwrap(),
            ["http://[::1]:1/", "http://b/"]
        );
        for bad in ["", ",", ",http://a", "http://a,b:2", "http://a,http://b/c"] {
            assert!(told(bad).unwrap_err().contains("is not a URL"), "{bad}");
        }
        let names = |text: &str| -> Vec<String> {
            let urls: PeerUrls = text.parse().unwrap();
            urls.named("records").map(|(name, _)| name).collect()
        };
        assert_eq!(names("http://a:1"), ["records"]);
        assert_eq!(
            names("http://a:1,http://b:2"),
            ["records at http://a:1/", "records at http://b:2/"]
        );
        assert!(
            told("http://a,https://b")
                .unwrap_err()
                .contains("both http and https")
        );
    }
}
