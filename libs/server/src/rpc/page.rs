//! Pages of a list (AIP-158): how many to return, and a sealed token for where the next page begins.
//!
//! The token is encrypted and bound to the caller, the method and the request without its paging fields: nobody reads
//! positions out of it, and one that was made for somebody else or for another list is refused. Each replica of a service
//! mounts the same key.
//!
//! ```no_run
//! # use muster_proto::organization::v1::{Group, ListGroupsRequest, ListGroupsResponse};
//! # use muster_server::{Call, page::PageKey};
//! # use tonic::{Response, Status};
//! # async fn read(after: Option<String>, limit: i64) -> Result<Vec<Group>, Status> { Ok(Vec::new()) }
//! # async fn list(call: Call<ListGroupsRequest>, key: PageKey) -> Result<Response<ListGroupsResponse>, Status> {
//! call.page(&key, async |after, limit| read(after, limit).await, |group: &Group| group.display_name.clone()).await
//! # }
//! ```

mod key;

use muster_identity::Caller;
use muster_proto::{ListResponse, Paged};
use prost::Message;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tonic::{Response, Status};

pub use key::{PageKey, PageKeyProblem, PageSettings};

use crate::Call;

const DEFAULT_SIZE: u16 = 100;
const LARGEST_SIZE: u16 = 1000;
/// How many bytes of messages a page holds: whoever reads it takes 4 MiB, and a list is not all that is in an answer.
const MAX_BYTES: usize = 3 * 1024 * 1024;

/// How many a page holds: 0 means 100, more than 1000 means 1000 (AIP-158).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size(u16);

impl Size {
    /// As the request's `page_size` asks.
    fn of(asked: i32) -> Self {
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
#[derive(Debug, Clone)]
pub(crate) struct List<'a> {
    /// Who reads the list.
    caller: &'a Caller,
    /// The RPC.
    method: &'static str,
    /// Everything of the request that decides what is in the list, the parent included.
    filter: Vec<u8>,
}

/// A page that is asked for.
#[derive(Debug, Clone)]
pub(crate) struct PageRequest<'a> {
    /// Of which list.
    list: List<'a>,
    /// How large.
    size: Size,
    /// The request's `page_token`; empty for the first page.
    token: &'a str,
}

/// A page, ready to be answered.
#[derive(Debug)]
pub struct Page<M> {
    /// What is on it.
    pub items: Vec<M>,
    /// The token of the next page; empty on the last one.
    pub next_page_token: String,
}

impl PageKey {
    /// One page. `fetch` is given the position after which it begins and how many to fetch; `position` tells where
    /// something stands in the list, `show` how it is shown. A page of large things ends before it is too large to be
    /// answered.
    ///
    /// # Errors
    /// `PAGE_TOKEN_INVALID`, and what `fetch` fails with.
    async fn page<T, P, M, E>(
        &self,
        asked: PageRequest<'_>,
        fetch: impl AsyncFnOnce(Option<P>, i64) -> Result<Vec<T>, E>,
        position: impl Fn(&T) -> P,
        show: impl Fn(T) -> M,
    ) -> Result<Page<M>, Status>
    where
        P: Serialize + DeserializeOwned,
        M: Message,
        E: Into<Status>,
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
}

impl<M: Paged> Call<M> {
    /// The page that the request asks for, as its response. `fetch` is given the position after which the page begins and how
    /// many to fetch; `position` tells where something stands in the list. A page of large things ends before it is too large
    /// to be answered.
    ///
    /// # Errors
    /// `PAGE_TOKEN_INVALID`, and what `fetch` fails with.
    pub async fn page<R, T, P, E>(
        &self,
        key: &PageKey,
        fetch: impl AsyncFnOnce(Option<P>, i64) -> Result<Vec<T>, E>,
        position: impl Fn(&T) -> P,
    ) -> Result<Response<R>, Status>
    where
        R: ListResponse,
        T: Into<R::Item>,
        P: Serialize + DeserializeOwned,
        E: Into<Status>,
    {
        let page = self.page_with(key, fetch, position, Into::into).await?;
        Ok(Response::new(R::page(page.items, page.next_page_token)))
    }

    /// As [`Call::page`], for a response that holds more than the page, or things that are shown in a way of their own.
    ///
    /// # Errors
    /// As [`Call::page`].
    pub async fn page_with<T, P, I, E>(
        &self,
        key: &PageKey,
        fetch: impl AsyncFnOnce(Option<P>, i64) -> Result<Vec<T>, E>,
        position: impl Fn(&T) -> P,
        show: impl Fn(T) -> I,
    ) -> Result<Page<I>, Status>
    where
        P: Serialize + DeserializeOwned,
        I: Message,
        E: Into<Status>,
    {
        let message = &self.message;
        let asked = PageRequest {
            list: self.list_of(message.without_page().encode_to_vec()),
            size: Size::of(message.page_size()),
            token: message.page_token(),
        };
        key.page(asked, fetch, position, show).await
    }
}

/// Seals where a stream stands, so that it can be resumed: for this caller and this RPC, and for what it is about. Nobody reads it out
/// of the token.
#[derive(Debug, Clone)]
pub struct Seal {
    key: PageKey,
    caller: Caller,
    method: &'static str,
    about: Vec<u8>,
}

impl Seal {
    /// A token for a place.
    #[must_use]
    pub fn seal(&self, place: &impl Serialize) -> String {
        self.key.seal(&self.list(), place)
    }

    /// The place that a token stands for; `None` when it was not sealed here for this.
    #[must_use]
    pub fn open<P: DeserializeOwned>(&self, token: &str) -> Option<P> {
        self.key.unseal(&self.list(), token)
    }

    fn list(&self) -> List<'_> {
        List {
            caller: &self.caller,
            method: self.method,
            filter: self.about.clone(),
        }
    }
}

impl<M> Call<M> {
    /// Seals tokens for the caller of this RPC, about this.
    #[must_use]
    pub fn seal(&self, key: &PageKey, about: &[u8]) -> Seal {
        Seal {
            key: key.clone(),
            caller: self.caller.clone(),
            method: self.rule.path.as_str(),
            about: about.to_vec(),
        }
    }

    fn list_of(&self, filter: Vec<u8>) -> List<'_> {
        List {
            caller: &self.caller,
            method: self.rule.path.as_str(),
            filter,
        }
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
        if items.len() == usize::from(size.0) || (bytes > MAX_BYTES && !items.is_empty()) {
            return (items, last);
        }
        items.push(item);
        last = Some(at);
    }
    (items, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers that begin after a position, shown as texts of `bytes` bytes.
    async fn numbers(key: &PageKey, token: &str, page_size: i32, bytes: usize) -> Page<String> {
        let caller = Caller::Anonymous;
        let list = List {
            caller: &caller,
            method: "/pkg.Service/List",
            filter: b"organizations/1".to_vec(),
        };
        let asked = PageRequest {
            list,
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
        let next = numbers(&key, &page.next_page_token, 1000, MAX_BYTES + 1).await;
        assert_eq!(next.items.len(), 1, "one is shown, however large");
        assert!(next.items[0].starts_with('3') && !next.next_page_token.is_empty());
    }

    #[test]
    fn sizes_are_coerced() {
        let sizes = [0, -1, 7, 1000, 1001, i32::MAX].map(|asked| Size::of(asked).0);
        assert_eq!(sizes, [100, 100, 7, 1000, 1000, 1000]);
        assert_eq!(Size::of(7).fetch(), 8);
    }
}
