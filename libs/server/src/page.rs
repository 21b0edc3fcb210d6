//! Pages of a list (AIP-158): how many to return, and a sealed token for where the next page begins.
//!
//! The token is encrypted and bound to the caller, the method and the filter: nobody reads positions out of it, and one
//! that was made for somebody else or for another list is refused. Each replica of a service mounts the same key.
//!
//! ```no_run
//! # use muster_server::{Call, page::PageKey};
//! # use tonic::Status;
//! # async fn list(call: Call<String>, key: PageKey) -> Result<(), Status> {
//! let asked = call.list("organizations/1", 100, "");
//! let fetch = async |after: Option<u32>, limit: i64| {
//!     let first = after.map_or(0, |last| last + 1);
//!     Ok::<_, Status>((first..1000).take(usize::try_from(limit).unwrap_or_default()).collect())
//! };
//! let page = key.page(asked, fetch, |number| *number, |number| number.to_string()).await?;
//! println!("{:?}, and more behind {}", page.items, page.next_page_token);
//! # Ok(())
//! # }
//! ```

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use muster_identity::Caller;
use muster_refusal::{ErrorReason, Refusal};
use prost::Message;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tonic::Status;

const KEY_LEN: usize = 32;
const DEFAULT_SIZE: u16 = 100;
const LARGEST_SIZE: u16 = 1000;
/// How many bytes of messages a page holds: whoever reads it takes 4 MiB, and a list is not all that is in an answer.
const MOST_BYTES: usize = 3 * 1024 * 1024;

/// How many a page holds: 0 means 100, more than 1000 means 1000 (AIP-158).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(u16);

impl Size {
    /// As the request's `page_size` asks.
    #[must_use]
    pub fn of(asked: i32) -> Self {
        match u16::try_from(asked) {
            Ok(0) => Self(DEFAULT_SIZE),
            Ok(asked) => Self(asked.min(LARGEST_SIZE)),
            Err(_) if asked < 0 => Self(DEFAULT_SIZE),
            Err(_) => Self(LARGEST_SIZE),
        }
    }

    /// How many to fetch: one more than the page holds, which tells whether it is the last one.
    fn fetch(self) -> i64 {
        i64::from(self.0) + 1
    }
}

/// What a page token belongs to.
#[derive(Debug, Clone, Copy)]
pub struct List<'a> {
    /// Who reads the list.
    pub caller: &'a Caller,
    /// The RPC.
    pub method: &'static str,
    /// Everything of the request that decides what is in the list, the parent included.
    pub filter: &'a str,
}

/// A page that is asked for: made by [`Call::list`](crate::Call::list).
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Of which list.
    pub list: List<'a>,
    /// How large.
    pub size: Size,
    /// The request's `page_token`; empty for the first page.
    pub token: &'a str,
}

/// A page, ready to be answered.
#[derive(Debug)]
pub struct Page<M> {
    /// What is on it.
    pub items: Vec<M>,
    /// The token of the next page; empty on the last one.
    pub next_page_token: String,
}

/// The key that page tokens are sealed with: AES-256-GCM-SIV (RFC 8452), which forgives a nonce that comes twice. Cheap
/// to clone.
#[derive(Clone)]
pub struct PageKey(Arc<RandomizedNonceKey>);

/// The setting of a service that has lists.
#[derive(Clone, Debug, clap::Args)]
pub struct PageSettings {
    /// File with the key that page tokens are sealed with: 32 bytes in base64, the same for every replica
    #[arg(long, env = "MUSTER_PAGE_KEY", value_parser = PageKey::from_file, value_name = "FILE")]
    pub page_key: PageKey,
}

/// A key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PageKeyProblem {
    /// The file cannot be read.
    #[error("the page key cannot be read")]
    File(#[from] std::io::Error),
    /// It does not hold a key.
    #[error("a page key is 32 bytes in base64 (openssl rand -base64 32)")]
    NotAKey,
}

impl PageKey {
    /// Reads the key from a file: 32 bytes in base64. Fits as a `value_parser` of a setting.
    ///
    /// # Errors
    /// The file cannot be read, or holds something else.
    pub fn from_file(path: &str) -> Result<Self, PageKeyProblem> {
        let text = std::fs::read_to_string(Path::new(path))?;
        let key = STANDARD
            .decode(text.trim())
            .map_err(|_| PageKeyProblem::NotAKey)?;
        Self::new(&key)
    }

    /// The key of these 32 bytes.
    ///
    /// # Errors
    /// More or fewer bytes.
    pub fn new(key: &[u8]) -> Result<Self, PageKeyProblem> {
        if key.len() != KEY_LEN {
            return Err(PageKeyProblem::NotAKey);
        }
        let key = RandomizedNonceKey::new(&AES_256_GCM_SIV, key).map_err(|_| PageKeyProblem::NotAKey)?;
        Ok(Self(Arc::new(key)))
    }

    /// A token for the page after `position`.
    fn seal(&self, list: &List<'_>, position: &impl Serialize) -> String {
        // Positions are plain tuples, and sealing fails only for gigabytes: an empty token ends the list.
        let Ok(mut sealed) = serde_json::to_vec(position) else {
            return String::new();
        };
        let Ok(nonce) = self.0.seal_in_place_append_tag(list.bound(), &mut sealed) else {
            return String::new();
        };
        URL_SAFE_NO_PAD.encode([nonce.as_ref().as_slice(), &sealed].concat())
    }

    /// The position that a request's `page_token` stands for; `None` for the first page.
    ///
    /// # Errors
    /// `PAGE_TOKEN_INVALID` when it was not sealed here for this list.
    fn open<P: DeserializeOwned>(&self, list: &List<'_>, token: &str) -> Result<Option<P>, Refusal> {
        if token.is_empty() {
            return Ok(None);
        }
        self.unseal(list, token).map(Some).ok_or_else(|| {
            let text = "the page_token does not belong to this list; start again from the first page";
            Refusal::new(ErrorReason::PageTokenInvalid, text)
        })
    }

    /// One page. `fetch` is given the position after which it begins and how many to fetch; `position` tells where
    /// something stands in the list, `show` how it is shown. A page of large things ends before it is too large to be
    /// answered.
    ///
    /// # Errors
    /// `PAGE_TOKEN_INVALID`, and what `fetch` fails with.
    pub async fn page<T, P, M, E, F>(
        &self,
        asked: Asked<'_>,
        fetch: impl FnOnce(Option<P>, i64) -> F,
        position: impl Fn(&T) -> P,
        show: impl Fn(T) -> M,
    ) -> Result<Page<M>, Status>
    where
        P: Serialize + DeserializeOwned,
        M: Message,
        E: Into<Status>,
        F: Future<Output = Result<Vec<T>, E>>,
    {
        let after = self.open(&asked.list, asked.token)?;
        let fetched = fetch(after, asked.size.fetch()).await.map_err(Into::into)?;
        let (items, last) = fill(fetched, asked.size, position, show);
        let next_page_token = last.map_or_else(String::new, |last| self.seal(&asked.list, &last));
        Ok(Page {
            items,
            next_page_token,
        })
    }

    fn unseal<P: DeserializeOwned>(&self, list: &List<'_>, token: &str) -> Option<P> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        let position = self.0.open_in_place(nonce, list.bound(), &mut sealed).ok()?;
        serde_json::from_slice(position).ok()
    }
}

/// Takes as much of what was fetched as a page holds, at least one; and where the page ends, when more follows.
fn fill<T, P, M: Message>(
    fetched: Vec<T>,
    size: Size,
    position: impl Fn(&T) -> P,
    show: impl Fn(T) -> M,
) -> (Vec<M>, Option<P>) {
    let (mut items, mut bytes, mut last) = (Vec::new(), 0, None);
    for thing in fetched {
        let at = position(&thing);
        let item = show(thing);
        // Beside the message itself: the tag of the field and its length.
        bytes += item.encoded_len() + 6;
        if items.len() == usize::from(size.0) || (bytes > MOST_BYTES && !items.is_empty()) {
            return (items, last);
        }
        items.push(item);
        last = Some(at);
    }
    (items, None)
}

impl List<'_> {
    /// Zero bytes keep the parts from running together: neither actors nor methods hold one.
    fn bound(&self) -> Aad<Vec<u8>> {
        Aad::from(format!("{}\0{}\0{}", self.caller.actor(), self.method, self.filter).into_bytes())
    }
}

impl fmt::Debug for PageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PageKey([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(caller: &Caller) -> List<'_> {
        List {
            caller,
            method: "/pkg.Service/List",
            filter: "organizations/1",
        }
    }

    #[test]
    fn a_token_opens_only_for_its_caller_method_filter_and_key() {
        let (key, other) = (PageKey::new(&[1; 32]).unwrap(), PageKey::new(&[2; 32]).unwrap());
        let caller = Caller::Workload { name: "a".to_owned() };
        let mine = list(&caller);
        let token = key.seal(&mine, &"position");
        assert_eq!(
            key.open::<String>(&mine, &token).unwrap().as_deref(),
            Some("position")
        );
        let stranger = Caller::Workload { name: "b".to_owned() };
        for foreign in [
            list(&stranger),
            List {
                method: "/pkg.Service/Other",
                ..mine
            },
            List {
                filter: "organizations/2",
                ..mine
            },
        ] {
            let refusal = key.open::<String>(&foreign, &token).unwrap_err();
            assert_eq!(refusal.reason(), ErrorReason::PageTokenInvalid);
        }
        assert!(other.open::<String>(&mine, &token).is_err());
    }

    #[test]
    fn a_token_changed_by_one_character_is_refused_and_tells_nothing() {
        let key = PageKey::new(&[1; 32]).unwrap();
        let caller = Caller::Anonymous;
        let token = key.seal(&list(&caller), &"a name");
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(
                key.open::<String>(&list(&caller), &changed).is_err(),
                "character {at}"
            );
        }
        assert!(key.open::<String>(&list(&caller), "x").is_err());
        let opened = URL_SAFE_NO_PAD.decode(token).unwrap();
        assert!(!opened.windows(6).any(|window| window == b"a name"));
    }

    /// The numbers that begin after a position, shown as texts of `bytes` bytes.
    async fn numbers(key: &PageKey, token: &str, page_size: i32, bytes: usize) -> Page<String> {
        let caller = Caller::Anonymous;
        let asked = Asked {
            list: list(&caller),
            size: Size::of(page_size),
            token,
        };
        let fetch = |after: Option<usize>, limit: i64| async move {
            let from = after.map_or(0, |last| last + 1);
            Ok::<_, Status>((from..10).take(usize::try_from(limit).unwrap()).collect())
        };
        let page = key.page(
            asked,
            fetch,
            |number| *number,
            |number| format!("{number}{}", "x".repeat(bytes - 1)),
        );
        page.await.unwrap()
    }

    #[tokio::test]
    async fn a_list_is_read_page_by_page_to_its_end() {
        let key = PageKey::new(&[1; 32]).unwrap();
        let (mut token, mut sizes, mut read) = (String::new(), Vec::new(), String::new());
        loop {
            let page = numbers(&key, &token, 4, 1).await;
            sizes.push(page.items.len());
            read.extend(page.items);
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!((sizes, read.as_str()), (vec![4, 4, 2], "0123456789"));
    }

    #[tokio::test]
    async fn a_page_of_large_things_ends_before_it_is_too_large() {
        let key = PageKey::new(&[1; 32]).unwrap();
        let page = numbers(&key, "", 1000, 1024 * 1024 - 16).await;
        assert_eq!(page.items.len(), 3);
        let next = numbers(&key, &page.next_page_token, 1000, MOST_BYTES + 1).await;
        assert_eq!(next.items.len(), 1, "one is shown, however large");
        assert!(next.items[0].starts_with('3') && !next.next_page_token.is_empty());
    }

    #[test]
    fn sizes_are_coerced() {
        let sizes = [0, -1, 7, 1000, 1001, i32::MAX].map(|asked| Size::of(asked).0);
        assert_eq!(sizes, [100, 100, 7, 1000, 1000, 1000]);
        assert_eq!(Size::of(7).fetch(), 8);
    }

    #[test]
    fn only_32_bytes_are_a_key_and_it_is_never_printed() {
        assert!(PageKey::new(&[1; 31]).is_err());
        assert_eq!(
            format!("{:?}", PageKey::new(&[1; 32]).unwrap()),
            "PageKey([redacted])"
        );
    }
}
