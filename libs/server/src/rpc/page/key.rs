//! The seal of page tokens.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use muster_identity::{SecretKeys, SecretKeysProblem};
use muster_refusal::{ErrorReason, Refusal};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::List;

const KEY_LEN: usize = 32;

/// The most keys of a file: the one that seals, and those before and after it.
const MAX_KEYS: usize = 4;

/// The keys of page tokens: AES-256-GCM-SIV (RFC 8452), which forgives a nonce that comes twice. The first one seals, all of
/// them open, so that a key is exchanged while lists are read. Cheap to clone.
#[derive(Clone)]
pub struct PageKey {
    keys: Arc<[RandomizedNonceKey]>,
    is_development: bool,
}

/// The setting of a service that has lists.
#[derive(Clone, Debug, clap::Args)]
pub struct PageSettings {
    /// File with the keys of page tokens, one a line: 32 bytes in base64. The first seals, all of them open; the same for every replica
    #[arg(long, env = "MUSTER_PAGE_KEY", value_parser = PageKey::from_file, value_name = "FILE")]
    pub page_key: PageKey,
}

impl PageSettings {
    /// The setting, if its file is marked as development keys.
    #[must_use]
    pub fn development_key(&self) -> Option<&'static str> {
        let is_development = self.page_key.is_development;
        is_development.then_some("--page-key (MUSTER_PAGE_KEY)")
    }
}

/// A key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PageKeyProblem {
    /// The file cannot be read.
    #[error("the page key cannot be read")]
    File(#[from] std::io::Error),
    /// It does not hold keys.
    #[error(transparent)]
    Keys(#[from] SecretKeysProblem),
    /// These are no keys.
    #[error("page keys are one to four lines of 32 bytes in base64 (openssl rand -base64 32)")]
    NotAKey,
}

impl PageKey {
    /// Reads the keys from a file, one a line: 32 bytes in base64. Fits as a `value_parser` of a setting.
    ///
    /// # Errors
    /// The file cannot be read, or holds something else.
    pub fn from_file(path: &str) -> Result<Self, PageKeyProblem> {
        let text = std::fs::read_to_string(Path::new(path))?;
        let keys = SecretKeys::parse(&text)?;
        Ok(Self {
            is_development: keys.is_development(),
            ..Self::of(keys.keys())?
        })
    }

    /// The key of these 32 bytes.
    ///
    /// # Errors
    /// More or fewer bytes.
    pub fn new(key: &[u8]) -> Result<Self, PageKeyProblem> {
        Self::of(&[key])
    }

    fn of(keys: &[impl AsRef<[u8]>]) -> Result<Self, PageKeyProblem> {
        let key = |key: &[u8]| {
            let key = (key.len() == KEY_LEN)
                .then_some(key)
                .ok_or(PageKeyProblem::NotAKey)?;
            RandomizedNonceKey::new(&AES_256_GCM_SIV, key).map_err(|_| PageKeyProblem::NotAKey)
        };
        if keys.is_empty() || keys.len() > MAX_KEYS {
            return Err(PageKeyProblem::NotAKey);
        }
        let keys: Vec<_> = keys
            .iter()
            .map(|one| key(one.as_ref()))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            keys: keys.into(),
            is_development: false,
        })
    }

    /// A token for the page after `position`.
    pub(super) fn seal(&self, list: &List<'_>, position: &impl Serialize) -> String {
        // Positions are plain tuples, and sealing fails only for gigabytes: an empty token ends the list.
        let Ok(mut sealed) = serde_json::to_vec(position) else {
            return String::new();
        };
        let Some(Ok(nonce)) =
            (self.keys.first()).map(|key| key.seal_in_place_append_tag(list.bound(), &mut sealed))
        else {
            return String::new();
        };
        URL_SAFE_NO_PAD.encode([nonce.as_ref().as_slice(), &sealed].concat())
    }

    /// The position that a request's `page_token` stands for; `None` for the first page.
    ///
    /// # Errors
    /// `PAGE_TOKEN_INVALID` when it was not sealed here for this list.
    pub(super) fn open<P: DeserializeOwned>(
        &self,
        list: &List<'_>,
        token: &str,
    ) -> Result<Option<P>, Refusal> {
        if token.is_empty() {
            return Ok(None);
        }
        self.unseal(list, token).map(Some).ok_or_else(|| {
            let text = "the page_token does not belong to this list; start again from the first page";
            Refusal::new(ErrorReason::PageTokenInvalid, text)
        })
    }

    pub(super) fn unseal<P: DeserializeOwned>(&self, list: &List<'_>, token: &str) -> Option<P> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        self.keys.iter().find_map(|key| {
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let mut sealed = sealed.to_vec();
            let position = key.open_in_place(nonce, list.bound(), &mut sealed).ok()?;
            serde_json::from_slice(position).ok()
        })
    }
}

impl List<'_> {
    /// Zero bytes keep the parts from running together: neither actors nor methods hold one.
    fn bound(&self) -> Aad<Vec<u8>> {
        let mut bound = format!("{}\0{}\0", self.caller.actor(), self.method).into_bytes();
        bound.extend_from_slice(&self.filter);
        Aad::from(bound)
    }
}

impl fmt::Debug for PageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PageKey([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use muster_identity::Caller;

    use super::*;

    fn list(caller: &Caller) -> List<'_> {
        List {
            caller,
            method: "/pkg.Service/List",
            filter: b"organizations/1".to_vec(),
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
                ..mine.clone()
            },
            List {
                filter: b"organizations/2".to_vec(),
                ..mine.clone()
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

    #[test]
    fn a_key_is_exchanged_while_lists_are_read() {
        let caller = Caller::Anonymous;
        let of = |keys: &[[u8; 32]]| PageKey::of(keys).unwrap();
        let (old, both, turned, new) = (
            of(&[[1; 32]]),
            of(&[[1; 32], [2; 32]]),
            of(&[[2; 32], [1; 32]]),
            of(&[[2; 32]]),
        );
        let opens = |key: &PageKey, token: &str| key.open::<String>(&list(&caller), token).is_ok();
        let sealed = |key: &PageKey| key.seal(&list(&caller), &"position");
        assert!(opens(&both, &sealed(&old)) && opens(&old, &sealed(&both)));
        assert!(opens(&turned, &sealed(&both)) && opens(&both, &sealed(&turned)));
        assert!(opens(&new, &sealed(&turned)) && opens(&turned, &sealed(&new)));
        assert!(!opens(&new, &sealed(&old)));
        assert!(PageKey::of(&[[1; 32]; 5]).is_err() && PageKey::of(&[[0; 32]; 0]).is_err());
    }

    #[test]
    fn the_steps_of_deploy_secrets_lose_no_list() {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/secrets");
        let name = format!("muster-lists-{}", muster_clock::Clock::system().new_uuid());
        let directory = std::env::temp_dir().join(name);
        let step = |step: &[&str]| {
            let done = std::process::Command::new(&script)
                .arg(&directory)
                .args(step)
                .output()
                .unwrap();
            let file = directory.join("records/page-key");
            let key = PageKey::from_file(file.to_str().unwrap()).unwrap();
            (done.status.success(), key)
        };
        let caller = Caller::Anonymous;
        let opens = |key: &PageKey, token: &str| key.open::<String>(&list(&caller), token).is_ok();
        let (made, mut before) = step(&[]);
        assert!(made && !step(&["use", "lists"]).0 && step(&["retire", "lists"]).0);
        let first = before.seal(&list(&caller), &"position");
        for name in ["next", "use", "retire"] {
            let (done, after) = step(&[name, "lists"]);
            // Replicas before and after a step read each other's tokens.
            assert!(done, "{name}");
            assert!(opens(&after, &before.seal(&list(&caller), &"position")), "{name}");
            assert!(opens(&before, &after.seal(&list(&caller), &"position")), "{name}");
            assert_eq!(opens(&after, &first), name != "retire", "{name}");
            before = after;
        }
        std::fs::remove_dir_all(&directory).unwrap();
    }

    #[test]
    fn a_file_tells_whether_its_keys_are_for_development_and_takes_none_of_one_byte() {
        let file = std::env::temp_dir().join(format!(
            "muster-page-{}",
            muster_clock::Clock::system().new_uuid()
        ));
        let mut key = [1; KEY_LEN];
        let read = |text: String| {
            std::fs::write(&file, text).unwrap();
            PageKey::from_file(file.to_str().unwrap())
        };
        let line = |key: [u8; KEY_LEN]| base64::engine::general_purpose::STANDARD.encode(key);
        assert!(matches!(
            read(line(key)),
            Err(PageKeyProblem::Keys(SecretKeysProblem::Guessable))
        ));
        key[0] = 2;
        let mark = muster_identity::DEVELOPMENT_MARK;
        let told = |text: String| {
            let page_key = read(text).unwrap();
            PageSettings { page_key }.development_key()
        };
        assert_eq!(told(line(key)), None);
        assert_eq!(
            told(format!("{mark}\n{}", line(key))),
            Some("--page-key (MUSTER_PAGE_KEY)")
        );
        std::fs::remove_file(&file).unwrap();
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
