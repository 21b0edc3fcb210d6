//! The address that a request comes from, when trusted proxies stand in between.
//!
//! Only `X-Forwarded-For` is read, and only from a connection of a trusted proxy: each proxy appends whom it heard the
//! request from, so the last address that is not a proxy's is the caller's, and everything before it is only what the
//! caller says.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use http::{HeaderMap, HeaderName};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies that are trusted to say whom they speak for; none when clients connect directly.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

/// A network in CIDR notation (RFC 4632, RFC 4291).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: u128,
    mask: u128,
}

/// The text is no list of networks.
#[derive(Debug, thiserror::Error)]
#[error("is neither `none` nor a list of networks such as 10.0.0.0/8,2001:db8::/48")]
pub struct InvalidProxies;

impl TrustedProxies {
    /// Whether a connection from there is a proxy's.
    pub(crate) fn trust(&self, address: IpAddr) -> bool {
        let address = bits(address);
        self.0
            .iter()
            .any(|network| address & network.mask == network.address)
    }

    /// The address of whoever calls over a connection from `peer`.
    pub(crate) fn caller(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let said: Vec<&str> = headers
            .get_all(FORWARDED_FOR)
            .iter()
            .flat_map(|value| value.to_str().unwrap_or_default().split(','))
            .collect();
        let mut caller = peer;
        for hop in said.into_iter().rev() {
            // What a proxy says that cannot be read tells nothing, nor does what stands before it.
            let Some(before) = self.trust(caller).then(|| address(hop)).flatten() else {
                break;
            };
            caller = before;
        }
        caller.to_canonical()
    }
}

impl FromStr for TrustedProxies {
    type Err = InvalidProxies;

    fn from_str(text: &str) -> Result<Self, InvalidProxies> {
        if text.trim() == "none" {
            return Ok(Self::default());
        }
        text.split(',')
            .map(|network| network.trim().parse())
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl FromStr for Network {
    type Err = InvalidProxies;

    fn from_str(text: &str) -> Result<Self, InvalidProxies> {
        let (address, length) = text.split_once('/').map_or((text, None), |(a, l)| (a, Some(l)));
        let address: IpAddr = address.parse().map_err(|_| InvalidProxies)?;
        let longest: u32 = if address.is_ipv4() { 32 } else { 128 };
        let length = length
            .map_or(Ok(longest), str::parse)
            .map_err(|_| InvalidProxies)?;
        if length > longest {
            return Err(InvalidProxies);
        }
        let mask = u128::MAX.checked_shl(longest - length).unwrap_or_default();
        let address = bits(address);
        // 10.1.2.3/8 is more likely a slip than a network.
        (address & mask == address)
            .then_some(Self { address, mask })
            .ok_or(InvalidProxies)
    }
}

impl fmt::Display for TrustedProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} networks", self.0.len())
    }
}

/// All addresses in one space, IPv4 as it is mapped into IPv6.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => Ipv6Addr::to_bits(address),
    }
}

/// An entry of the header: an address, by some proxies with a port.
fn address(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let with_port = || hop.parse::<SocketAddr>().map(|hop| hop.ip());
    hop.parse().or_else(|_| with_port()).ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn caller(proxies: &str, peer: &str, said: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for value in said {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(value));
        }
        let proxies: TrustedProxies = proxies.parse().unwrap();
        proxies.caller(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn nobody_but_a_trusted_proxy_is_believed() {
        assert_eq!(caller("none", "192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(caller("10.0.0.0/8", "192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(
            caller("10.0.0.0/8", "10.1.2.3", &["198.51.100.7"]),
            "198.51.100.7"
        );
        assert_eq!(
            caller("10.0.0.0/8", "::ffff:10.1.2.3", &["198.51.100.7"]),
            "198.51.100.7"
        );
        assert_eq!(
            caller("2001:db8::/32", "2001:db8::1", &["2001:db9::2"]),
            "2001:db9::2"
        );
        assert_eq!(caller("10.0.0.0/8", "10.1.2.3", &[]), "10.1.2.3");
    }

    #[test]
    fn the_last_address_that_is_no_proxys_calls() {
        let through = |said: &[&'static str]| caller("10.0.0.0/8", "10.1.2.3", said);
        assert_eq!(through(&["203.0.113.9, 198.51.100.7"]), "198.51.100.7");
        assert_eq!(
            through(&["203.0.113.9", "198.51.100.7, 10.9.9.9"]),
            "198.51.100.7"
        );
        assert_eq!(through(&["198.51.100.7:4711"]), "198.51.100.7");
        assert_eq!(through(&["203.0.113.9, unknown"]), "10.1.2.3");
    }

    #[test]
    fn what_is_no_list_of_networks_is_refused() {
        for bad in ["", "all", "10.0.0.0/33", "10.1.2.3/8", "10.0.0.0/8,", "::/129"] {
            assert!(bad.parse::<TrustedProxies>().is_err(), "{bad}");
        }
        let all: TrustedProxies = "0.0.0.0/0,::/0".parse().unwrap();
        assert!(all.trust([192, 0, 2, 1].into()) && all.trust("2001:db8::1".parse().unwrap()));
        let one: TrustedProxies = "10.0.0.1".parse().unwrap();
        assert!(one.trust([10, 0, 0, 1].into()) && !one.trust([10, 0, 0, 2].into()));
    }
}
