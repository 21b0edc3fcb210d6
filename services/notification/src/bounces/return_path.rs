//! Return paths: the sender in the envelope of a message, where its reports go (RFC 5321, section 4.1.1.2).
//!
//! `<local>+<token>@<domain>`. The token is base32 (RFC 4648) of `copy ‖ delivery ‖ HMAC-SHA256(key, purpose ‖ all preceding)`, cut to 30
//! bytes: 48 letters and digits in lower case, whichever case comes back, since servers may fold it. Nothing in it is believed before
//! the signature is, and the organization stands in the row that it names.

use std::fmt;
use std::str::FromStr;

use lettre::Address;
use muster_ids::DeliveryId;
use thiserror::Error;
use uuid::Uuid;

use super::keys::{BounceKeys, TAG_LEN};
use crate::domain::SentCopy;

/// The most octets of a local part (RFC 5321, section 4.5.3.1.1).
const MAX_LOCAL: usize = 64;
/// What is signed: the number of the copy and the id of the delivery.
const SIGNED_LEN: usize = 1 + 16;
const TOKEN_LEN: usize = SIGNED_LEN + TAG_LEN;
/// In base32: eight characters for five bytes.
const TOKEN_TEXT_LEN: usize = TOKEN_LEN / 5 * 8;
/// As long as what stands before the token may be.
const MAX_NAME: usize = MAX_LOCAL - TOKEN_TEXT_LEN - 1;
const SEPARATOR: char = '+';
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The address to which reports go, such as `bounces@bounces.example.org`, before each message gets one of its own from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BounceAddress {
    name: String,
    domain: String,
}

/// The text is no such address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "must be an address such as bounces@bounces.example.org, with at most 15 letters, digits, dots, - and _ before the @: \
     each message gets one of its own, bounces+TOKEN@bounces.example.org"
)]
pub struct BounceAddressProblem;

/// Makes return paths and knows them again. Cheap enough to clone.
#[derive(Debug, Clone)]
pub struct ReturnPaths {
    address: BounceAddress,
    keys: BounceKeys,
}

impl FromStr for BounceAddress {
    type Err = BounceAddressProblem;

    fn from_str(text: &str) -> Result<Self, BounceAddressProblem> {
        let address: Address = text.parse().map_err(|_| BounceAddressProblem)?;
        let (name, domain) = (address.user(), address.domain());
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let is_good = (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(allowed) && domain.is_ascii();
        if is_good {
            Ok(Self {
                name: name.to_owned(),
                domain: domain.to_owned(),
            })
        } else {
            Err(BounceAddressProblem)
        }
    }
}

impl fmt::Display for BounceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.domain)
    }
}

impl ReturnPaths {
    /// At this address, signed with these keys.
    #[must_use]
    pub fn new(address: BounceAddress, keys: BounceKeys) -> Self {
        Self { address, keys }
    }

    /// The return path of a copy; `None` if it can be none, which no address that was parsed leads to.
    #[must_use]
    pub fn of(&self, copy: SentCopy) -> Option<Address> {
        let mut token = signed(copy).to_vec();
        token.extend_from_slice(&self.keys.sign(&token)?);
        let BounceAddress { name, domain } = &self.address;
        Address::new(format!("{name}{SEPARATOR}{}", base32(&token)), domain).ok()
    }

    /// The copy that an address is the return path of, once its signature is found good.
    #[must_use]
    pub fn copy_of(&self, address: &str) -> Option<SentCopy> {
        let (local, domain) = address.rsplit_once('@')?;
        let (name, token) = local.rsplit_once(SEPARATOR)?;
        let is_ours = name.eq_ignore_ascii_case(&self.address.name)
            && domain.eq_ignore_ascii_case(&self.address.domain);
        let token = is_ours.then(|| from_base32(token)).flatten()?;
        let (signed, tag) = token.split_at_checked(SIGNED_LEN)?;
        self.keys.verify(signed, tag).then(|| read(signed)).flatten()
    }

    /// What must not be quoted of a report: the token and the domain of its return path.
    pub(super) fn hidden_of(address: &str) -> (&str, &str) {
        let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
        let token = local.rsplit_once(SEPARATOR).map_or(local, |(_, token)| token);
        (token, domain)
    }
}

fn signed(copy: SentCopy) -> [u8; SIGNED_LEN] {
    let mut bytes = [0; SIGNED_LEN];
    let (number, delivery) = bytes.split_at_mut(1);
    number.fill(copy.number);
    delivery.copy_from_slice(copy.delivery.as_uuid().as_bytes());
    bytes
}

fn read(signed: &[u8]) -> Option<SentCopy> {
    let (&number, delivery) = signed.split_first()?;
    let delivery = DeliveryId::from_uuid(Uuid::from_slice(delivery).ok()?);
    Some(SentCopy { delivery, number })
}

/// Of a multiple of five bytes, so that no bits are left over and no other text stands for the same.
fn base32(bytes: &[u8]) -> String {
    let group = |five: &[u8]| {
        five.iter()
            .fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte))
    };
    let letters = |bits: u64| {
        (0..8)
            .rev()
            .map(move |place| usize::try_from((bits >> (5 * place)) & 31).unwrap_or_default())
    };
    let letter = |at: usize| char::from(ALPHABET.get(at).copied().unwrap_or_default());
    bytes.chunks(5).map(group).flat_map(letters).map(letter).collect()
}

fn from_base32(text: &str) -> Option<Vec<u8>> {
    if text.len() != TOKEN_TEXT_LEN {
        return None;
    }
    let mut bytes = Vec::with_capacity(TOKEN_LEN);
    for eight in text.as_bytes().chunks(8) {
        let mut bits = 0_u64;
        for letter in eight {
            let letter = letter.to_ascii_lowercase();
            let at = ALPHABET.iter().position(|known| *known == letter)?;
            bits = (bits << 5) | u64::try_from(at).ok()?;
        }
        bytes.extend(bits.to_be_bytes().into_iter().skip(3));
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 32 bytes each.
    const KEYS: [&str; 2] = [
        "AwEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
        "AwICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=",
    ];

    fn paths(address: &str, keys: &[&str]) -> ReturnPaths {
        ReturnPaths::new(
            address.parse().unwrap(),
            BounceKeys::parse(&keys.join("\n")).unwrap(),
        )
    }

    fn ours() -> ReturnPaths {
        paths("bounces@muster.example", &KEYS[..1])
    }

    fn copy(delivery: u128, number: u8) -> SentCopy {
        SentCopy {
            delivery: DeliveryId::from_uuid(Uuid::from_u128(delivery)),
            number,
        }
    }

    #[test]
    fn a_return_path_names_a_copy_and_is_the_same_every_time() {
        let longest = paths("Bounces.of-mail@muster.example", &KEYS[..1]);
        for paths in [ours(), longest] {
            for copy in [copy(0, 1), copy(u128::MAX, 255), copy(0x0190_a6d4_7b3e_7c52, 2)] {
                let path = paths.of(copy).unwrap();
                assert_eq!(paths.of(copy), Some(path.clone()));
                assert!(path.user().len() <= MAX_LOCAL, "{path}");
                assert_eq!(paths.copy_of(path.as_ref()), Some(copy), "{path}");
            }
        }
        assert_ne!(ours().of(copy(1, 1)), ours().of(copy(1, 2)));
        assert_ne!(ours().of(copy(1, 1)), ours().of(copy(2, 1)));
    }

    #[test]
    fn a_return_path_is_known_in_any_case() {
        let path = ours().of(copy(7, 1)).unwrap().to_string();
        assert_eq!(path, path.to_ascii_lowercase());
        for folded in [path.to_ascii_uppercase(), path.replace("bounces", "Bounces")] {
            assert_eq!(ours().copy_of(&folded), Some(copy(7, 1)), "{folded}");
        }
    }

    #[test]
    fn a_return_path_changed_by_one_character_is_none() {
        let path = ours().of(copy(7, 1)).unwrap().to_string();
        for at in 0..path.len() {
            for other in "abz27+@. =\u{fc}\0".chars() {
                let mut changed: Vec<char> = path.chars().collect();
                if changed[at] == other {
                    continue;
                }
                changed[at] = other;
                let changed: String = changed.into_iter().collect();
                assert_eq!(ours().copy_of(&changed), None, "character {at} as {other}");
            }
            assert_eq!(ours().copy_of(&path[..at]), None);
        }
        for bad in ["", "@", "+@", "bounces@muster.example", "bounces+@muster.example"] {
            assert_eq!(ours().copy_of(bad), None, "{bad}");
        }
        let elsewhere = paths("bounces@other.example", &KEYS[..1]).of(copy(7, 1)).unwrap();
        assert_eq!(ours().copy_of(elsewhere.as_ref()), None);
    }

    #[test]
    fn all_keys_verify_and_the_first_one_signs() {
        let [first, second] = [&KEYS[..1], &KEYS[1..]].map(|keys| paths("b@m.example", keys));
        let turned = paths("b@m.example", &[KEYS[1], KEYS[0]]);
        let path = first.of(copy(7, 1)).unwrap();
        assert_eq!(turned.copy_of(path.as_ref()), Some(copy(7, 1)));
        assert_eq!(second.copy_of(path.as_ref()), None);
        assert_eq!(turned.of(copy(7, 1)), second.of(copy(7, 1)));
    }

    #[test]
    fn the_address_leaves_room_for_the_token() {
        for good in [
            "b@m.example",
            "bounces@sub.m.example",
            "a.b-c_d@m.example",
            "123456789012345@m.example",
        ] {
            assert_eq!(good.parse::<BounceAddress>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            "bounces",
            "bounces@",
            "@m.example",
            "1234567890123456@m.example",
            "a+b@m.example",
            "\"a b\"@m.example",
            "b\u{fc}nces@m.example",
            "bounces@b\u{fc}cher.example",
            "Muster <bounces@m.example>",
        ] {
            assert_eq!(bad.parse::<BounceAddress>(), Err(BounceAddressProblem), "{bad}");
        }
        let told = BounceAddressProblem.to_string();
        assert!(told.contains(&format!("at most {MAX_NAME} letters")), "{told}");
    }

    #[test]
    fn what_must_not_be_quoted_is_the_token() {
        let path = ours().of(copy(7, 1)).unwrap();
        let (token, domain) = ReturnPaths::hidden_of(path.as_ref());
        assert_eq!((token.len(), domain), (TOKEN_TEXT_LEN, "muster.example"));
    }
}
