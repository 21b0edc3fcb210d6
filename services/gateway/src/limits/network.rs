//! What counts as one client for as long as nobody has signed in.

use std::net::{IpAddr, Ipv6Addr};

/// An IPv4 address, or the /64 that one IPv6 subscriber has to themself.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}
