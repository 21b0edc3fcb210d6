//! What stands around every page, and the language in which it speaks.

use std::sync::LazyLock;

use askama::filters::{Escaper, Html, Safe};
use axum::http::{Method, Uri};
use muster_clock::Zone;
use muster_language::{Language, Texts};
use time::OffsetDateTime;

/// What the pages say.
static TEXTS: LazyLock<Texts> = LazyLock::new(|| {
    Texts::built_in(
        include_str!("../../../locales/en.ftl"),
        include_str!("../../../locales/es.ftl"),
    )
});

/// What a page shows of the browser that asks for it: known when it is rendered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Frame {
    /// In which the page speaks.
    pub(crate) language: Language,
    /// Of the form that signs out; empty if nobody is signed in.
    pub(crate) sign_out_token: String,
    /// Where the same can be seen in another language; empty: at the address of the page itself.
    pub(crate) page: &'static str,
}

impl Frame {
    /// What is said under this key.
    pub(super) fn say(&self, key: &str) -> String {
        self.with(key, &[])
    }

    /// The same, with one value in it.
    pub(super) fn say_with(&self, key: &str, name: &str, value: impl AsRef<str>) -> String {
        self.with(key, &[(name, value.as_ref())])
    }

    /// The same, with two.
    pub(super) fn say_with_both(
        &self,
        key: &str,
        name: &str,
        value: impl AsRef<str>,
        other_name: &str,
        other: impl AsRef<str>,
    ) -> String {
        self.with(key, &[(name, value.as_ref()), (other_name, other.as_ref())])
    }

    /// What is said of who is signed in, whose name stands out. The words themselves hold no markup.
    pub(super) fn signed_in(&self, key: &str, name: &str, issuer: &str) -> Safe<String> {
        let name = format!("<strong>{}</strong>", escaped(name));
        Safe(self.with(key, &[("name", &name), ("issuer", &escaped(issuer))]))
    }

    /// The same, with any number of values.
    pub(super) fn with(&self, key: &str, values: &[(&str, &str)]) -> String {
        TEXTS.say(self.language, key, values)
    }

    /// A time in seconds since 1970, as it stands in a sentence and as clocks show it where that is what it is about; nothing for
    /// what is no time.
    pub(super) fn time(&self, seconds: &Option<i64>, zone: &Zone) -> String {
        let at = seconds.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
        at.map(|at| self.language.time(at, zone)).unwrap_or_default()
    }

    /// The languages that can be chosen instead.
    pub(super) fn others(&self) -> impl Iterator<Item = Language> {
        let own = self.language;
        Language::ALL.into_iter().filter(move |other| *other != own)
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    // Writing to a string does not fail.
    let _ = Html.write_escaped_str(&mut escaped, text);
    escaped
}

/// Where a page can be seen in another language that answers this request: nothing is posted twice for it, and no answer
/// of an issuer is told twice.
pub(crate) fn page_of(method: &Method, uri: &Uri) -> &'static str {
    let is_posted = method != Method::GET && method != Method::HEAD;
    match uri.path() {
        "/sign-in/callback" => "/invitation",
        path if is_posted && path.starts_with("/invitations/") => "/invitations",
        path if is_posted && path.starts_with("/trainings/") => "/trainings",
        path if is_posted && path.starts_with("/consent/") => "/consent",
        path if is_posted && path.starts_with("/invitation/") => "/invitation",
        "/sign-out" => "/",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use muster_language::{faults, keys, said};

    use super::*;

    const ENGLISH: &str = include_str!("../../../locales/en.ftl");
    const SPANISH: &str = include_str!("../../../locales/es.ftl");

    #[test]
    fn every_message_is_in_each_language_with_the_same_values_and_no_markup() {
        assert_eq!(faults(ENGLISH, SPANISH), Vec::<String>::new());
        assert!(Texts::new(ENGLISH, SPANISH).is_ok());
        for line in ENGLISH.lines().chain(SPANISH.lines()) {
            assert!(!line.contains(['<', '>', '&', '"']), "{line}");
        }
    }

    /// Those values of messages that are numbers.
    const NUMBERS: [&str; 1] = ["percent"];
    /// None, one, more than one, one more than tens, and more than stand together without a sign between them.
    const COUNTS: [u32; 5] = [0, 1, 2, 21, 1_000_000];

    #[test]
    fn a_number_stands_in_its_message_whatever_it_is() {
        let mut said_with = 0;
        for (key, values) in keys(ENGLISH).unwrap() {
            let is_number = |value: &&String| NUMBERS.contains(&value.as_str());
            for number in values.iter().filter(is_number) {
                let say = |language: Language, text: &str| {
                    let others = values.iter().filter(|value| *value != number);
                    let others = others.map(|value| (value.as_str(), "Kita"));
                    let all: Vec<_> = others.chain([(number.as_str(), text)]).collect();
                    let frame = Frame {
                        language,
                        ..Frame::default()
                    };
                    frame.with(&key, &all)
                };
                for language in Language::ALL {
                    let form = say(language, "#");
                    assert_eq!(form.matches('#').count(), 1, "{key}: {form}");
                    // It goes with no noun, whose form would depend on it.
                    assert!(form.contains("# %"), "{key}: {form}");
                    for count in COUNTS {
                        let count = count.to_string();
                        assert_eq!(say(language, &count), form.replace('#', &count), "{key}");
                    }
                    said_with += 1;
                }
            }
        }
        assert!(said_with >= 16, "{said_with}");
    }

    /// Every text between quotes in the files below a folder.
    fn quoted(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                quoted(&path, found);
            } else {
                let text = fs::read_to_string(&path).unwrap();
                found.extend(text.split('"').map(str::to_owned));
            }
        }
    }

    #[test]
    fn every_message_is_said_somewhere_and_what_is_said_is_a_message() {
        let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let keys: BTreeSet<String> = keys(ENGLISH).unwrap().into_keys().collect();
        let mut found = BTreeSet::new();
        quoted(&crate_root.join("templates"), &mut found);
        quoted(&crate_root.join("src/pages"), &mut found);
        let unsaid: Vec<_> = keys.difference(&found).collect();
        assert!(unsaid.is_empty(), "nobody says {unsaid:?}");
        for entry in fs::read_dir(crate_root.join("templates")).unwrap() {
            let template = fs::read_to_string(entry.unwrap().path()).unwrap();
            for call in [
                "frame.say(\"",
                "frame.say_with(\"",
                "frame.say_with_both(\"",
                "self.signed_in(\"",
            ] {
                for said in template.split(call).skip(1) {
                    let key = said.split('"').next().unwrap();
                    assert!(keys.contains(key), "there is no message {key}");
                }
            }
        }
    }

    /// What is called the same in every language.
    const BRAND: &str = "Muster";
    /// Values that are nobody's to translate: names, addresses, numbers, what somebody wrote, and what a language is called by its speakers.
    const DATA: [&str; 10] = [
        "address",
        "asked.message",
        "certificate.number",
        "choice.display_name",
        "group",
        "look.why",
        "one.address",
        "one.display_name",
        "one.organization",
        "other.own_name()",
    ];
    /// By which values are messages, or times in a language; methods of a page are among the sources that are looked at, too.
    const SPOKEN: [&str; 5] = [
        "frame.say(",
        "frame.say_with(",
        "frame.say_with_both(",
        "frame.time(",
        "self.",
    ];

    /// Words between quotes in a source, without those of its tests and its log.
    fn prose(source: &str) -> Vec<&str> {
        let source = source.split("#[cfg(test)]").next().unwrap();
        let lines = source.lines().map(str::trim);
        let lines = lines.filter(|line| !line.starts_with("//") && !line.contains("tracing::"));
        let quoted = lines.flat_map(|line| line.split('"').skip(1).step_by(2));
        let is_prose = |text: &&str| {
            let words = || {
                text.split(char::is_whitespace)
                    .filter(|word| word.contains(char::is_alphabetic))
            };
            words().count() > 1 || words().any(|word| word.starts_with(char::is_uppercase))
        };
        quoted.filter(is_prose).collect()
    }

    /// A pseudo-language would find words in a page that no message says, if somebody brought the page into the state that shows them. This
    /// looks into all branches of the templates, and into what stands between them and the messages.
    #[test]
    fn nothing_is_said_but_messages_and_what_is_nobodys_to_translate() {
        let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut data = BTreeSet::new();
        for entry in fs::read_dir(crate_root.join("templates")).unwrap() {
            let path = entry.unwrap().path();
            let said = said(&fs::read_to_string(&path).unwrap());
            for words in said.words {
                let beside = words.replace(BRAND, "");
                assert!(
                    !beside.contains(char::is_alphabetic),
                    "{} says {words:?} in every language: it is to be a message",
                    path.display()
                );
            }
            for value in said.values {
                if SPOKEN.iter().any(|spoken| value.starts_with(spoken)) {
                    continue;
                }
                assert!(
                    DATA.contains(&value.as_str()),
                    "{} shows {value}: is it a message, or data?",
                    path.display()
                );
                data.insert(value);
            }
        }
        assert!(data.iter().eq(DATA), "data that nobody shows: {data:?}");

        let views = fs::read_dir(crate_root.join("src/pages/view")).unwrap();
        let mut views: Vec<_> = views.map(|entry| entry.unwrap().path()).collect();
        views.push(crate_root.join("src/pages/view.rs"));
        for view in views {
            let source = fs::read_to_string(&view).unwrap();
            assert_eq!(prose(&source), Vec::<&str>::new(), "{}", view.display());
        }
        let wrong = "fn what() -> String { \"Sign in here\".to_owned() }";
        assert_eq!(prose(wrong), ["Sign in here"]);
    }

    #[test]
    fn a_page_in_another_language_is_no_second_post() {
        for (method, path, expected) in [
            (Method::GET, "/invitation", ""),
            (Method::GET, "//elsewhere.example", ""),
            (Method::POST, "/invitation/accept", "/invitation"),
            (Method::POST, "/invitations/undo-decline", "/invitations"),
            (Method::POST, "/trainings/transfer", "/trainings"),
            (Method::POST, "/consent/allow", "/consent"),
            (Method::POST, "/join/kita", ""),
            (Method::GET, "/sign-in/callback?code=x", "/invitation"),
        ] {
            assert_eq!(
                page_of(&method, &path.parse().unwrap()),
                expected,
                "{method} {path}"
            );
        }
    }

    #[test]
    fn what_somebody_is_called_is_no_markup() {
        let said = Frame::default().signed_in("accept-as-at", "<b>Ada</b>", "A & B");
        assert!(
            said.0.starts_with(
                "You are signed in as <strong>&#60;b&#62;Ada&#60;/b&#62;</strong> with A &#38; B."
            ),
            "{}",
            said.0
        );
    }
}
