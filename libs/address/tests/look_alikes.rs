//! A thousand pairs of addresses that look alike, made by rule: whether both are one mailbox, two, or the second is refused, is what the
//! rule says of the pair, and not what the code under test does.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

use std::collections::{BTreeMap, HashSet};

use muster_address::{AddressProblem, EmailAddress};
use unicode_normalization::UnicodeNormalization;

/// What holds of the second address of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// It is the first one.
    Same,
    /// It is an address, and another one.
    Different,
    /// It is no address.
    Refused(Problem),
    /// It is not the first one; whether it is one at all is for the rules of domain names to say.
    Apart,
}

/// Why it is none, without what stands where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Problem {
    Form,
    Unseen,
    Local,
    Domain,
}

/// Two addresses, by which rule they were made, and what holds of them.
#[derive(Debug, Clone)]
struct Pair {
    rule: &'static str,
    left: String,
    right: String,
    expected: Expected,
}

/// All pairs.
#[derive(Default)]
struct Pairs {
    all: Vec<Pair>,
    seen: HashSet<(String, String)>,
}

impl Pairs {
    fn add(&mut self, rule: &'static str, left: &str, right: &str, expected: Expected) {
        if left != right && self.seen.insert((left.to_owned(), right.to_owned())) {
            self.all.push(Pair {
                rule,
                left: left.to_owned(),
                right: right.to_owned(),
                expected,
            });
        }
    }

    /// A pair that differs before the `@`.
    fn local(&mut self, rule: &'static str, left: &str, right: &str, expected: Expected) {
        self.add(
            rule,
            &format!("{left}@example.org"),
            &format!("{right}@example.org"),
            expected,
        );
    }

    /// A pair that differs behind it.
    fn domain(&mut self, rule: &'static str, left: &str, right: &str, expected: Expected) {
        self.add(rule, &format!("ada@{left}"), &format!("ada@{right}"), expected);
    }
}

const NAMES: [&str; 8] = [
    "ada",
    "paul.cox",
    "maria",
    "oscar",
    "ximena.opie",
    "jose_luis",
    "sophie-anne",
    "kim",
];
const DOMAINS: [&str; 4] = [
    "example.org",
    "school.example",
    "day-nursery.test",
    "mail.example.com",
];

/// Letters that nobody tells from a Latin one, by what they look like: Cyrillic, Greek, Armenian, Latin of other uses.
const CONFUSABLE: [(char, &str); 26] = [
    ('a', "\u{430}\u{251}\u{3b1}\u{ff41}\u{1d41a}"),
    ('b', "\u{184}\u{42c}\u{ff42}"),
    ('c', "\u{441}\u{3f2}\u{ff43}\u{217d}"),
    ('d', "\u{501}\u{257}\u{ff44}\u{217e}"),
    ('e', "\u{435}\u{454}\u{ff45}\u{212f}"),
    ('f', "\u{3dd}\u{192}\u{ff46}"),
    ('g', "\u{261}\u{581}\u{ff47}"),
    ('h', "\u{4bb}\u{570}\u{ff48}\u{210e}"),
    ('i', "\u{456}\u{131}\u{3b9}\u{ff49}\u{2170}"),
    ('j', "\u{458}\u{3f3}\u{ff4a}"),
    ('k', "\u{3ba}\u{43a}\u{ff4b}"),
    ('l', "\u{4cf}\u{1c0}\u{ff4c}\u{217c}"),
    ('m', "\u{43c}\u{ff4d}\u{217f}"),
    ('n', "\u{578}\u{57c}\u{ff4e}"),
    ('o', "\u{43e}\u{3bf}\u{585}\u{ff4f}\u{2134}"),
    ('p', "\u{440}\u{3c1}\u{ff50}"),
    ('q', "\u{51b}\u{566}\u{ff51}"),
    ('r', "\u{433}\u{1d26}\u{ff52}"),
    ('s', "\u{455}\u{17f}\u{ff53}"),
    ('t', "\u{442}\u{3c4}\u{ff54}"),
    ('u', "\u{57d}\u{3c5}\u{ff55}"),
    ('v', "\u{475}\u{3bd}\u{ff56}\u{2174}"),
    ('w', "\u{51d}\u{461}\u{ff57}"),
    ('x', "\u{445}\u{3c7}\u{ff58}\u{2179}"),
    ('y', "\u{443}\u{3b3}\u{ff59}"),
    ('z', "\u{1d22}\u{ff5a}\u{1d433}"),
];

/// Letters with the capital that differs from them in nothing but case.
const CASED: &str = "\u{e0}\u{e9}\u{ee}\u{f1}\u{f6}\u{fc}\u{e7}\u{f8}\u{e6}\u{f0}\u{fe}\u{101}\u{107}\u{119}\u{142}\u{159}\u{161}\u{17e}\
    \u{3b1}\u{3b2}\u{3b3}\u{3bb}\u{3c9}\u{3ac}\u{3ce}\u{430}\u{431}\u{436}\u{44f}\u{451}\u{454}\u{457}\u{561}\u{562}\u{567}";

/// What nobody sees.
const UNSEEN: [char; 14] = [
    '\u{ad}', '\u{34f}', '\u{61c}', '\u{115f}', '\u{180e}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{202e}',
    '\u{2060}', '\u{2066}', '\u{3164}', '\u{fe0f}', '\u{feff}',
];

/// Names of domains with their form in ASCII: those that IANA tested with, and some of every day.
const IN_ASCII: [(&str, &str); 13] = [
    ("b\u{fc}cher", "xn--bcher-kva"),
    ("m\u{fc}nchen", "xn--mnchen-3ya"),
    ("\u{43f}\u{440}\u{438}\u{43c}\u{435}\u{440}", "xn--e1afmkfd"),
    ("\u{4f8b}\u{3048}", "xn--r8jz45g"),
    ("\u{6d4b}\u{8bd5}", "xn--0zwm56d"),
    ("\u{6e2c}\u{8a66}", "xn--g6w251d"),
    ("\u{30c6}\u{30b9}\u{30c8}", "xn--zckzah"),
    ("\u{d55c}\u{ad6d}", "xn--3e0b707e"),
    ("\u{3b4}\u{3bf}\u{3ba}\u{3b9}\u{3bc}\u{3ae}", "xn--jxalpdlp"),
    (
        "\u{438}\u{441}\u{43f}\u{44b}\u{442}\u{430}\u{43d}\u{438}\u{435}",
        "xn--80akhbyknj4f",
    ),
    ("\u{625}\u{62e}\u{62a}\u{628}\u{627}\u{631}", "xn--kgbechtv"),
    (
        "\u{92a}\u{930}\u{940}\u{915}\u{94d}\u{937}\u{93e}",
        "xn--11b5bs3a9aj6g",
    ),
    ("\u{5d8}\u{5e2}\u{5e1}\u{5d8}", "xn--deba0ad"),
];

/// The places of the characters in the text.
fn places(text: &str) -> impl Iterator<Item = usize> {
    text.char_indices().map(|(place, _)| place)
}

/// The text with the character at the place replaced.
fn with(text: &str, place: usize, by: &str) -> String {
    let end = place + text[place..].chars().next().unwrap().len_utf8();
    format!("{}{by}{}", &text[..place], &text[end..])
}

/// With the characters in capitals whose numbers are those of the bits.
fn capitals(text: &str, bits: u32) -> String {
    let shifted = |(number, c): (usize, char)| {
        let is_capital = (bits >> (number % 32)) & 1 == 1;
        if is_capital { c.to_ascii_uppercase() } else { c }
    };
    text.chars().enumerate().map(shifted).collect()
}

fn cases(pairs: &mut Pairs) {
    for name in NAMES {
        for domain in DOMAINS {
            let address = format!("{name}@{domain}");
            for bits in [u32::MAX, 1, 0x5555_5555, 0x3333_3333] {
                pairs.add("case", &address, &capitals(&address, bits), Expected::Same);
            }
        }
    }
    for c in CASED.chars() {
        let (small, capital) = (c.to_string(), c.to_uppercase().to_string());
        pairs.local(
            "case of other letters",
            &format!("a{small}b"),
            &format!("a{capital}b"),
            Expected::Same,
        );
        // Domains are folded by their own rules, which say the same of these.
        pairs.domain(
            "case of other letters in a domain",
            &format!("a{small}b.example"),
            &format!("a{capital}b.example"),
            Expected::Same,
        );
    }
    for (left, right) in [
        (
            "\u{3bd}\u{3b9}\u{3ba}\u{3bf}\u{3c2}",
            "\u{39d}\u{399}\u{39a}\u{39f}\u{3a3}",
        ),
        (
            "\u{3bd}\u{3b9}\u{3ba}\u{3bf}\u{3c2}",
            "\u{3bd}\u{3b9}\u{3ba}\u{3bf}\u{3c3}",
        ),
        ("stra\u{df}e", "STRA\u{1e9e}E"),
        ("\u{1f80}", "\u{1f88}"),
    ] {
        pairs.local("case with a letter of its own", left, right, Expected::Same);
    }
    for (left, right) in [
        ("stra\u{df}e", "strasse"),
        ("m\u{131}ke", "mike"),
        ("M\u{130}KE", "mike"),
        ("\u{17f}am", "sam"),
        ("\u{fb01}n", "fin"),
        ("\u{149}", "\u{2bc}n"),
    ] {
        pairs.local(
            "case that leads to plain letters",
            right,
            left,
            Expected::Different,
        );
    }
}

fn spaces(pairs: &mut Pairs) {
    for name in NAMES {
        let address = format!("{name}@example.org");
        for around in [" ", "\t", "\r\n", "\u{a0}", "\u{3000}", "\u{2003}", "\u{85}"] {
            for right in [
                format!("{around}{address}"),
                format!("{address}{around}"),
                format!("{around}{address}{around}"),
            ] {
                pairs.add("space around it", &address, &right, Expected::Same);
            }
        }
    }
    for inside in [" ", "\t", "\u{a0}", "\u{2003}", "\u{3000}"] {
        let refused = |problem| Expected::Refused(problem);
        pairs.local(
            "space inside",
            "adab",
            &format!("ada{inside}b"),
            refused(Problem::Local),
        );
        pairs.local(
            "space inside",
            "ada",
            &format!("ada{inside}"),
            refused(Problem::Local),
        );
        let domain = format!("exam{inside}ple.org");
        pairs.domain("space inside", "example.org", &domain, refused(Problem::Domain));
    }
}

fn forms(pairs: &mut Pairs) {
    for c in CASED
        .chars()
        .chain("\u{1ebf}\u{1ed9}\u{ac00}\u{ac01}\u{d55c}\u{928}".chars())
    {
        let (composed, apart): (String, String) = (c.nfc().collect(), c.nfd().collect());
        let expected = Expected::Same;
        pairs.local(
            "letter and mark apart",
            &format!("a{composed}b"),
            &format!("a{apart}b"),
            expected,
        );
        let (left, right) = (format!("x{composed}y.example"), format!("x{apart}y.example"));
        pairs.domain("letter and mark apart in a domain", &left, &right, expected);
    }
    // Another order of marks, and signs that are a letter by another name.
    for (left, right) in [
        ("a\u{323}\u{302}b", "a\u{302}\u{323}b"),
        ("q\u{307}\u{323}", "q\u{323}\u{307}"),
        ("\u{e5}se", "\u{212b}se"),
        ("\u{3c9}x", "\u{2126}x"),
    ] {
        pairs.local("one letter by two spellings", left, right, Expected::Same);
    }
    // Marks that a letter does not need.
    for mark in [
        '\u{301}', '\u{308}', '\u{323}', '\u{332}', '\u{335}', '\u{338}', '\u{327}',
    ] {
        for name in NAMES {
            for place in places(name).filter(|place| name[*place..].starts_with(char::is_alphabetic)) {
                let c = name[place..].chars().next().unwrap();
                let marked = with(name, place, &format!("{c}{mark}"));
                pairs.local("a mark on a letter", name, &marked, Expected::Different);
            }
        }
        let refused = Expected::Refused(Problem::Local);
        pairs.local("a mark on nothing", "ada", &format!("{mark}ada"), refused);
        pairs.local("a mark on nothing", "ada.b", &format!("ada.{mark}b"), refused);
    }
    for mark in ['\u{20dd}', '\u{20e3}'] {
        let refused = Expected::Refused(Problem::Local);
        pairs.local("a mark around a letter", "ada", &format!("a{mark}da"), refused);
    }
}

fn confusables(pairs: &mut Pairs) {
    for name in NAMES {
        for place in places(name) {
            let c = name[place..].chars().next().unwrap();
            let alike = CONFUSABLE.iter().filter(|(plain, _)| *plain == c);
            for other in alike.flat_map(|(_, alike)| alike.chars()) {
                let right = with(name, place, &other.to_string());
                pairs.local("a letter that looks alike", name, &right, Expected::Different);
            }
        }
    }
    for (plain, alike) in CONFUSABLE {
        for other in alike.chars() {
            let left = format!("x{plain}y.example");
            let right = format!("x{other}y.example");
            // Domain names know letters of another width, and such that are for mathematics, for what they are.
            let nfkc: String = other.nfkc().collect::<String>().to_lowercase();
            let expected = if nfkc == plain.to_string() {
                Expected::Same
            } else {
                Expected::Apart
            };
            pairs.domain("a letter that looks alike in a domain", &left, &right, expected);
        }
    }
    for (left, right) in [
        ("modern", "modem"),
        ("clare", "dare"),
        ("vvendy", "wendy"),
        ("bill", "bi11"),
        ("bill", "biIl"),
        ("coo", "c0o"),
        ("zoe", "2oe"),
        ("sam", "5am"),
        ("ada1", "ada\u{661}"),
        ("ada1", "ada\u{ff11}"),
        ("ada2", "ada\u{b2}"),
    ] {
        pairs.local(
            "letters and digits that look alike",
            left,
            right,
            Expected::Different,
        );
        let (left, right) = (format!("{left}.example"), format!("{right}.example"));
        if right.is_ascii() {
            pairs.domain(
                "letters and digits that look alike",
                &left,
                &right,
                Expected::Different,
            );
        }
    }
}

fn dots_and_tags(pairs: &mut Pairs) {
    for name in NAMES {
        for place in places(name).skip(1) {
            let dotted = format!("{}.{}", &name[..place], &name[place..]);
            let is_double = name[..place].ends_with('.') || name[place..].starts_with('.');
            let expected = if is_double {
                Expected::Refused(Problem::Local)
            } else {
                Expected::Different
            };
            pairs.local("one dot more", name, &dotted, expected);
        }
        let refused = Expected::Refused(Problem::Local);
        pairs.local("a dot at an end", name, &format!(".{name}"), refused);
        pairs.local("a dot at an end", name, &format!("{name}."), refused);
        for tag in ["+", "+x", "+x+y", "+2026-03"] {
            pairs.local("a tag", name, &format!("{name}{tag}"), Expected::Different);
        }
        for mark in ["-", "_", "=", "'"] {
            pairs.local("a mark more", name, &format!("{name}{mark}"), Expected::Different);
        }
    }
    for dash in [
        '\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2212}', '\u{ff0d}',
    ] {
        let (left, right) = ("sophie-anne", format!("sophie{dash}anne"));
        pairs.local("another dash", left, &right, Expected::Refused(Problem::Local));
    }
    for mark in [
        '\u{2018}', '\u{2019}', '\u{b4}', '\u{2032}', '\u{ff07}', '\u{1fef}',
    ] {
        let refused = Expected::Refused(Problem::Local);
        pairs.local("another apostrophe", "o'neil", &format!("o{mark}neil"), refused);
    }
    for dot in ['\u{3002}', '\u{ff0e}', '\u{ff61}'] {
        let right = format!("example{dot}org");
        pairs.domain("another dot in a domain", "example.org", &right, Expected::Same);
        let refused = Expected::Refused(Problem::Local);
        pairs.local("another dot", "paul.cox", &format!("paul{dot}cox"), refused);
    }
}

fn unseen(pairs: &mut Pairs) {
    for c in UNSEEN {
        for address in ["ada@example.org", "paul.cox@day-nursery.test"] {
            for place in places(address).chain([address.len()]) {
                let right = format!("{}{c}{}", &address[..place], &address[place..]);
                let refused = Expected::Refused(Problem::Unseen);
                pairs.add("something that nobody sees", address, &right, refused);
            }
        }
    }
}

fn domains(pairs: &mut Pairs) {
    for (name, ascii) in IN_ASCII {
        let (given, plain) = (format!("{name}.example"), format!("{ascii}.example"));
        pairs.domain("a domain in ASCII", &given, &plain, Expected::Same);
        pairs.domain(
            "a domain in ASCII, in capitals",
            &given,
            &plain.to_uppercase(),
            Expected::Same,
        );
        let (below, plain) = (format!("mail.{name}.example"), format!("mail.{ascii}.example"));
        pairs.domain("a domain in ASCII", &below, &plain, Expected::Same);
        pairs.domain("another domain", &given, &below, Expected::Different);
        let other = format!("{name}s.example");
        pairs.domain("another domain", &given, &other, Expected::Apart);
    }
    for domain in DOMAINS {
        let wide: String = domain.chars().map(wide).collect();
        pairs.domain(
            "letters of another width in a domain",
            domain,
            &wide,
            Expected::Same,
        );
        for other in [
            format!("www.{domain}"),
            format!("{domain}.example"),
            format!("x{domain}"),
            format!("{domain}m"),
            domain.replace('.', "-x."),
        ] {
            pairs.domain("another domain", domain, &other, Expected::Different);
        }
        for wrong in [
            format!("{domain}."),
            format!(".{domain}"),
            format!("{domain}.1"),
            format!("-{domain}"),
            domain.replace('.', ".."),
            domain.replace('.', "_."),
            format!("[{domain}]"),
            format!("{domain}:25"),
            format!("{domain}/x"),
        ] {
            pairs.domain("no domain", domain, &wrong, Expected::Refused(Problem::Domain));
        }
        for (left, right) in [
            (format!("stra\u{df}e.{domain}"), format!("strasse.{domain}")),
            (format!("nikos\u{3c2}.{domain}"), format!("nikos\u{3c3}.{domain}")),
            (format!("m\u{131}ke.{domain}"), format!("mike.{domain}")),
        ] {
            pairs.domain(
                "letters that domains tell apart",
                &left,
                &right,
                Expected::Different,
            );
        }
    }
}

/// The character in the width of East Asian ones; a dot and a hyphen as they are.
fn wide(c: char) -> char {
    let moved = char::from_u32(u32::from(c) + 0xfee0);
    moved.filter(|_| c.is_ascii_alphanumeric()).unwrap_or(c)
}

fn quoted(pairs: &mut Pairs) {
    for name in NAMES {
        let address = format!("{name}@example.org");
        for (right, problem) in [
            (format!("\"{name}\"@example.org"), Problem::Local),
            (format!("<{address}"), Problem::Local),
            (format!("{name}(x)@example.org"), Problem::Local),
            (format!("{name}\\@example.org"), Problem::Local),
            (format!("mailto:{address}"), Problem::Local),
            (format!("{name},bob@example.org"), Problem::Local),
            (format!("bob@x.test,{address}"), Problem::Local),
            (format!("{name}@evil.example@example.org"), Problem::Local),
            (format!("{address}>"), Problem::Domain),
            (format!("{address},"), Problem::Domain),
            (address.replace('@', "\u{ff20}"), Problem::Form),
            (address.replace('@', "\u{fe6b}"), Problem::Form),
            (address.replace('@', " at "), Problem::Form),
        ] {
            pairs.add("no address", &address, &right, Expected::Refused(problem));
        }
        let routed = format!("{name}%example.org@relay.example");
        pairs.add("by way of another server", &address, &routed, Expected::Different);
    }
}

fn pairs() -> Vec<Pair> {
    let mut pairs = Pairs::default();
    for make in [
        cases,
        spaces,
        forms,
        confusables,
        dots_and_tags,
        unseen,
        domains,
        quoted,
    ] {
        make(&mut pairs);
    }
    pairs.all
}

fn problem_of(problem: AddressProblem) -> Option<Problem> {
    match problem {
        AddressProblem::Form => Some(Problem::Form),
        AddressProblem::Unseen(_) => Some(Problem::Unseen),
        AddressProblem::Local => Some(Problem::Local),
        AddressProblem::Domain => Some(Problem::Domain),
        AddressProblem::Empty | AddressProblem::TooLong => None,
    }
}

/// Whether it is as expected.
fn holds(pair: &Pair) -> bool {
    let Ok(left) = EmailAddress::parse(&pair.left) else {
        return false;
    };
    let right = EmailAddress::parse(&pair.right);
    match (pair.expected, right) {
        (Expected::Same, Ok(right)) => left == right && left.domain() == right.domain(),
        (Expected::Different | Expected::Apart, Ok(right)) => left != right,
        (Expected::Refused(expected), Err(problem)) => problem_of(problem) == Some(expected),
        (Expected::Apart, Err(_)) => true,
        (Expected::Same | Expected::Different, Err(_)) | (Expected::Refused(_), Ok(_)) => false,
    }
}

#[test]
fn of_a_thousand_pairs_each_is_what_its_rule_says() {
    let pairs = pairs();
    let wrong: Vec<&Pair> = pairs.iter().filter(|pair| !holds(pair)).collect();
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), pairs.len());
    let mut by_rule: BTreeMap<&str, usize> = BTreeMap::new();
    for pair in &pairs {
        *by_rule.entry(pair.rule).or_default() += 1;
    }
    assert!(pairs.len() >= 1000 && by_rule.len() >= 20, "{by_rule:?}");
    for expected in [Expected::Same, Expected::Different] {
        let such = pairs.iter().filter(|pair| pair.expected == expected).count();
        assert!(such >= 200, "{such} are {expected:?}");
    }
}

#[test]
fn the_form_that_is_compared_is_an_address_that_is_itself() {
    for pair in pairs() {
        for text in [&pair.left, &pair.right] {
            if let Ok(address) = EmailAddress::parse(text) {
                let again = EmailAddress::parse(address.canonical());
                let again = again.as_ref().map(EmailAddress::canonical);
                assert_eq!(again, Ok(address.canonical()), "{}: {text:?}", pair.rule);
            }
        }
    }
}
