//! The examples of the standards.

use aws_lc_rs::signature::{RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};
use muster_identity::SigningKey;
use time::macros::datetime;

use super::*;

/// RFC 8463, appendix A.3, without its signatures; that of RFC 6376, appendix A.1, has the same body.
const MESSAGE: &str = "From: Joe SixPack <joe@football.example.com>\r\n\
    To: Suzie Q <suzie@shopping.example.net>\r\n\
    Subject: Is dinner ready?\r\n\
    Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n\
    Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n\
    \r\n\
    Hi.\r\n\
    \r\n\
    We lost the game.  Are you hungry yet?\r\n\
    \r\n\
    Joe.\r\n";
const BODY_HASH: &str = "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=";
const SIGNED: [&str; 8] = [
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "from",
    "subject",
    "date",
];
/// RFC 8463, appendix A.2: the key of the selector brisbane, as PKCS#8.
const BRISBANE: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
    -----END PRIVATE KEY-----\n";

/// As the keys are read: a selector, from when, a private key.
fn keys(keys: &[(&str, Option<&str>, &str)]) -> Result<DkimKeys, DkimKeysProblem> {
    let key = |(selector, from, pem): &(&str, Option<&str>, &str)| {
        let from = from.map(|from| format!("from = \"{from}\"\n"));
        format!(
            "[[key]]\nselector = \"{selector}\"\ndomain = \"football.example.com\"\nalgorithm = \"ed25519-sha256\"\n{}pem = \"\"\"\n{pem}\"\"\"\n",
            from.unwrap_or_default()
        )
    };
    DkimKeys::parse(&keys.iter().map(key).collect::<String>())
}

/// The selectors of the signatures before a message.
fn selectors(signed: &[u8]) -> Vec<String> {
    let text = String::from_utf8(signed.to_vec()).unwrap();
    let words = text.split_ascii_whitespace();
    words
        .filter_map(|word| Some(word.strip_prefix("s=")?.strip_suffix(';')?.to_owned()))
        .collect()
}

#[test]
fn the_examples_of_canonicalization_come_out_as_published() {
    // RFC 6376, section 3.4.5.
    let message = Canonical::of(b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n");
    assert_eq!(message.names().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(message.fields(&["a", "b", "a", "c"]), b"a:X\r\nb:Y Z\r\n");
    assert_eq!(message.body(), b" C\r\nD E\r\n");
    // Section 3.4.4: of nothing.
    for nothing in ["A: X\r\n\r\n", "A: X\r\n", "A: X\r\n\r\n\r\n \r\n"] {
        let hash = Canonical::of(nothing.as_bytes()).body_hash();
        assert_eq!(
            hash, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            "{nothing:?}"
        );
    }
    // Appendix A.2, and RFC 8463, appendix A.3.
    assert_eq!(Canonical::of(MESSAGE.as_bytes()).body_hash(), BODY_HASH);
}

#[test]
fn of_fields_of_one_name_the_last_is_signed_first() {
    let message = Canonical::of(b"A: 1\r\nB: 2\r\nA: 3\r\n\r\n");
    assert_eq!(message.fields(&["a", "a", "a"]), b"a:3\r\na:1\r\n");
}

/// The published signature field (RFC 8463, appendix A.3) without its signature.
fn published(algorithm: &str, selector: &str) -> String {
    format!(
        "DKIM-Signature: v=1; a={algorithm}; c=relaxed/relaxed;\r\n d=football.example.com; i=@football.example.com;\r\n \
         q=dns/txt; s={selector}; t=1528637909; h=from : to :\r\n subject : date : message-id : from : subject : date;\r\n \
         bh={BODY_HASH};\r\n b="
    )
}

#[test]
fn the_example_of_ed25519_is_signed_exactly_as_published() {
    let key = keys(&[("brisbane", Some("2018-06-10T00:00:00Z"), BRISBANE)]).unwrap();
    let key = key.at(datetime!(2018-06-10 13:38:29 UTC)).next().unwrap();
    let message = Canonical::of(MESSAGE.as_bytes());
    let data = what_is_signed(&message, &SIGNED, &published("ed25519-sha256", "brisbane"));
    assert_eq!(
        STANDARD.encode(key.sign(&data).unwrap()),
        "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw=="
    );
}

/// Its key has 1024 bits, with which nothing is signed here.
#[test]
fn the_example_of_rsa_was_made_of_the_same_data() {
    let key = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutAC\
               DfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB";
    let signature = "F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOs\
                     k2JzdA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=";
    let decoded = |text: &str| STANDARD.decode(text).unwrap();
    let key = UnparsedPublicKey::new(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, decoded(key));
    let message = Canonical::of(MESSAGE.as_bytes());
    let data = what_is_signed(&message, &SIGNED, &published("rsa-sha256", "test"));
    key.verify(&data, &decoded(signature)).unwrap();
    assert!(key.verify(&data[1..], &decoded(signature)).is_err());
}

#[test]
fn a_message_is_signed_whole_and_alike_every_time() {
    let keys = keys(&[("brisbane", Some("2026-01-01T00:00:00Z"), BRISBANE)]).unwrap();
    let date = datetime!(2026-03-01 12:00 UTC);
    let signed = keys.signed(MESSAGE.as_bytes(), date).unwrap();
    assert_eq!(signed, keys.signed(MESSAGE.as_bytes(), date).unwrap());
    let text = String::from_utf8(signed).unwrap();
    assert!(text.ends_with(&format!("\r\n{MESSAGE}")), "{text}");
    assert!(text.lines().all(|line| line.len() <= MAX_LINE), "{text}");
    let flat = text.replace("\r\n ", " ");
    let names = "h=from: to: subject: date: message-id: from: to: cc: reply-to: subject: date: message-id;";
    for expected in [
        names,
        "d=football.example.com; s=brisbane; t=1772366400;",
        BODY_HASH,
    ] {
        assert!(flat.contains(expected), "{expected} is missing in\n{flat}");
    }
}

#[test]
fn the_latest_key_at_the_date_of_a_message_signs_it() {
    let keys = keys(&[
        ("second", Some("2026-06-01T00:00:00Z"), BRISBANE),
        ("first", Some("2026-03-01T13:00:00+01:00"), BRISBANE),
        ("next", None, BRISBANE),
    ])
    .unwrap();
    for (date, selector) in [
        (datetime!(2026-03-01 11:59:59 UTC), None),
        (datetime!(2026-03-01 12:00 UTC), Some("first")),
        (datetime!(2026-05-31 23:59:59 UTC), Some("first")),
        (datetime!(2026-06-01 00:00 UTC), Some("second")),
        (datetime!(2099-01-01 00:00 UTC), Some("second")),
    ] {
        let signed = keys.signed(MESSAGE.as_bytes(), date).unwrap();
        assert_eq!(selectors(&signed), Vec::from_iter(selector), "{date}");
        assert_eq!(signed == MESSAGE.as_bytes(), selector.is_none(), "{date}");
    }
}

#[test]
fn keys_that_cannot_sign_are_refused_and_none_is_printed() {
    let told = |given: &[(&str, Option<&str>, &str)]| keys(given).unwrap_err().to_string();
    let secret = BRISBANE.lines().nth(1).unwrap();
    for selector in ["", "A", "a_b", "-a", "a.", "a b", &"a".repeat(64)] {
        assert!(
            told(&[(selector, None, BRISBANE)]).contains("no name in DNS"),
            "{selector}"
        );
    }
    let twice = told(&[
        ("a", None, BRISBANE),
        ("b", None, BRISBANE),
        ("a", None, BRISBANE),
    ]);
    assert_eq!(twice, "two keys that sign mail have the selector a");
    assert!(told(&[("a", Some("2026-03-01"), BRISBANE)]).contains("a from that is no time"));
    for pem in ["", secret, &BRISBANE.replace("PRIVATE", "PUBLIC")] {
        assert!(
            told(&[("a", None, pem)]).contains("no private key of its algorithm"),
            "{pem}"
        );
    }
    let of_another =
        "[[key]]\nselector = \"a\"\ndomain = \"b.example\"\nalgorithm = \"rsa-sha256\"\npem = \"\"\"\n";
    let problem = DkimKeys::parse(&format!("{of_another}{BRISBANE}\"\"\"\n")).unwrap_err();
    assert!(matches!(problem, DkimKeysProblem::NotAKey(_)), "{problem}");
    for text in ["", "key = 1", of_another, &format!("pem = \"{secret}\"")] {
        let problem = DkimKeys::parse(text).unwrap_err();
        assert!(matches!(problem, DkimKeysProblem::Form), "{text}");
        assert!(!format!("{problem} {problem:?}").contains(secret), "{problem:?}");
    }
    assert!(matches!(
        DkimKeys::from_file("/nowhere/at/all"),
        Err(DkimKeysProblem::File(_))
    ));
    let made = SigningKey::generate().unwrap().to_pem().unwrap();
    assert_eq!(
        format!("{:?}", keys(&[("a", None, &made)]).unwrap()),
        "DkimKeys([redacted])"
    );
}

#[test]
fn a_key_is_of_the_senders_domain_or_of_one_above_it() {
    let keys = keys(&[("a", None, BRISBANE)]).unwrap();
    for (sender, stranger) in [
        ("football.example.com", None),
        ("Mail.Football.Example.Com", None),
        ("example.com", Some("football.example.com")),
        ("notfootball.example.com", Some("football.example.com")),
    ] {
        assert_eq!(keys.stranger_to(sender), stranger, "{sender}");
    }
}
